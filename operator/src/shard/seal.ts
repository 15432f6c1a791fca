// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** The shard with its revision: SHA-256 (hex) of the canonical JSON of everything else in it. */
export function seal<T extends object>(shard: T): T & { revision: string } {
  return { ...shard, revision: revisionOf(shard) };
}

/** Revision that a shard's content ought to carry; a `revision` already in it does not count. */
export function revisionOf(shard: object): string {
  const content = Object.fromEntries(Object.entries(shard).filter(([key]) => key !== 'revision'));
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}
