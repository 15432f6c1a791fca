// SPDX-License-Identifier: Apache-2.0
import { CONFIG_MAP, SECRET, type KubeObject, type ResourceKind } from '@trunkline/kube';

/** A ConfigMap or Secret in which the operator publishes a shard. */
export interface ShardObject extends KubeObject {
  data?: Record<string, string>;
}

export const SHARD_KINDS: readonly ResourceKind[] = [CONFIG_MAP, SECRET];
export const SHARD_SELECTOR = 'app.kubernetes.io/managed-by=trunkline-operator';

const OBJECT_NAME = /^trunkline-(global|[0-9a-f]{2})$/;
const KEY = 'shard.json';

/** Name of the shard in an object: `global`, `3f`, or `secret-3f` of a Secret; undefined for any other object. */
export const shardOf = (kind: ResourceKind, object: KubeObject): string | undefined => {
  const name = OBJECT_NAME.exec(object.metadata.name)?.[1];
  return name !== undefined && kind === SECRET ? `secret-${name}` : name;
};

/** The text of the shard; empty where the object has none. */
export const shardTextOf = (kind: ResourceKind, object: ShardObject): string => {
  const text = object.data?.[KEY] ?? '';
  return kind === SECRET ? Buffer.from(text, 'base64').toString('utf8') : text;
};
