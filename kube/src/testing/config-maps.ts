// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../api/objects.ts';

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

/** A ConfigMap of namespace `acme` as a server gives it. */
export const configMap = (
  name: string,
  resourceVersion: string,
  data: Record<string, string> = {},
): ConfigMap => ({
  metadata: { name, namespace: 'acme', uid: `uid-${name}`, resourceVersion },
  data,
});

export const bookmark = (resourceVersion: string) => ({ kind: 'ConfigMap', metadata: { resourceVersion } });
