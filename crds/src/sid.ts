// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/**
 * The SID of a resource: two letters and 32 hex digits, 34 characters. The same manifest has the same SID in every
 * region and after a restore.
 *
 * @param prefix - `sidPrefix` of the kind in `KINDS`, which stands for the kind
 * @param namespace - empty for cluster-scoped kinds
 */
export function deriveSid(prefix: string, namespace: string, name: string): string {
  // JSON of a list cannot be read in two ways, whatever the parts contain.
  const identity = JSON.stringify([prefix, namespace, name]);
  return prefix + createHash('sha256').update(identity).digest('hex').slice(0, 32);
}
