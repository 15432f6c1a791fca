// SPDX-License-Identifier: Apache-2.0
import type { EdgeConfig } from '@trunkline/crds';
import { canonicalJson } from '../shard/canonical-json.ts';
import { seal } from '../shard/seal.ts';

/** One document that proxies read. */
export interface ShardDocument {
  /** `global`, `3f`, `secret-global` or `secret-3f`: file name without `.json`, and name in acknowledgements. */
  name: string;
  secret: boolean;
  revision: string;
  /** Canonical JSON with the revision in it. */
  text: string;
}

/**
 * The config as documents, in the order in which they should appear: secrets first, so that no proxy ever knows a
 * trunk without its users. Shards without content are left out; `global` is always there.
 */
export function toShards(config: EdgeConfig): ShardDocument[] {
  const secrets = config.secrets.filter(
    (shard) => !isEmpty(shard.credentialLists) || !isEmpty(shard.carriers),
  );
  const routing = config.routing.filter((shard) => shard.accounts.length + shard.trunks.length > 0);
  return [
    ...secrets.map((shard) => document(`secret-${shard.shard}`, true, shard)),
    document('global', false, config.global),
    ...routing.map((shard) => document(shard.shard, false, shard)),
  ];
}

/** What every proxy should have applied: revisions by document name. */
export function revisionsOf(documents: readonly ShardDocument[]): Record<string, string> {
  return Object.fromEntries(documents.map(({ name, revision }) => [name, revision]));
}

function document(name: string, secret: boolean, shard: object): ShardDocument {
  const sealed = seal(shard);
  return { name, secret, revision: sealed.revision, text: canonicalJson(sealed) };
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0;
}
