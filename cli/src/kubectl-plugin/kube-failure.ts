// SPDX-License-Identifier: Apache-2.0
import { isKubeError, type KubeError, type ResourceKind } from '@trunkline/kube';
import { CommandError } from '../usage-error.ts';

const RIGHTS = 'docs/reference/kubectl-plugin.md lists the rights that each command needs';

/** What a person can do about an answer of the API server. Anything else is thrown on as it is. */
export function kubeFailure(error: unknown, kind: ResourceKind, name?: string): unknown {
  if (!isKubeError(error)) return error;
  return new CommandError(textOf(error, kind, name), { cause: error });
}

function textOf({ code, status, message }: KubeError, kind: ResourceKind, name: string | undefined): string {
  if (status === 401) return 'the API server does not know you: log in again, or choose another --context';
  if (status === 403) return `${message}: ${RIGHTS}`;
  if (status === 404 && name !== undefined) return `there is no ${kind.kind} ${name}`;
  if (status === 404) {
    return `the cluster does not know ${kind.plural}.${kind.apiVersion.split('/')[0] ?? ''}: install charts/trunkline`;
  }
  return code === 'refused' ? `the API server refused: ${message}` : message;
}
