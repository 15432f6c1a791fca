// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** Virtual shard of a namespace, `00`..`ff`: first byte of its SHA-256 (crds, `RoutingShard`). */
export function shardName(namespace: string): string {
  return createHash('sha256').update(namespace).digest('hex').slice(0, 2);
}
