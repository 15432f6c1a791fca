// SPDX-License-Identifier: Apache-2.0
import { takeFlags } from '../flags.ts';
import { UsageError } from '../usage-error.ts';

/** Which cluster, and what of it. */
export interface ClusterFlags {
  kubeconfig?: string;
  context?: string;
  /** Undefined: that of the context. */
  namespace?: string;
  allNamespaces: boolean;
  /** Where shards, Leases of proxies, and the database's Secret are. */
  operatorNamespace: string;
}

const FLAGS = {
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  'all-namespaces': { type: 'boolean', short: 'A' },
  'operator-namespace': { type: 'string' },
} as const;

/** Where the README installs the operator. */
const OPERATOR_NAMESPACE = 'trunkline-system';

/** The flags that all commands of the plugin share, and the words that are left. Throws `UsageError`. */
export function takeClusterFlags(
  argv: string[],
  env: Record<string, string | undefined>,
): { flags: ClusterFlags; rest: string[] } {
  const { values, rest } = takeFlags(argv, FLAGS);
  const { kubeconfig, context, namespace } = values;
  const allNamespaces = values['all-namespaces'] ?? false;
  if (allNamespaces && namespace !== undefined) throw new UsageError('-n and -A: take one of them');
  return {
    rest,
    flags: {
      ...(kubeconfig !== undefined && { kubeconfig }),
      ...(context !== undefined && { context }),
      ...(namespace !== undefined && { namespace }),
      allNamespaces,
      operatorNamespace: values['operator-namespace'] ?? env.TRUNKLINE_NAMESPACE ?? OPERATOR_NAMESPACE,
    },
  };
}
