// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '@trunkline/kube';
import type { ShardDocument } from './to-shards.ts';

/** A ConfigMap or Secret that holds a shard. */
export interface ShardObject extends KubeObject, Record<string, unknown> {
  data?: Record<string, string>;
}

export const FIELD_MANAGER = 'trunkline-operator';
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const SHARD_LABEL = 'trunkline.dev/shard';
export const REVISION = 'trunkline.dev/revision';
export const SHARD_KEY = 'shard.json';
export const SHARD_SELECTOR = `${MANAGED_BY}=${FIELD_MANAGER}`;

/** The document as proxies find it: a ConfigMap, or a Secret where it is secret. */
export function shardObject(document: ShardDocument, ref: { namespace: string; name: string }): ShardObject {
  const { name, secret, revision, text } = document;
  return {
    metadata: {
      ...ref,
      labels: { [MANAGED_BY]: FIELD_MANAGER, [SHARD_LABEL]: name.replace(/^secret-/, '') },
      annotations: { [REVISION]: revision },
    },
    ...(secret && { type: 'Opaque' }),
    data: { [SHARD_KEY]: secret ? Buffer.from(text).toString('base64') : text },
  };
}
