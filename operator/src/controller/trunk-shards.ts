// SPDX-License-Identifier: Apache-2.0
import { namespaceOf, type ResourceKey } from '../compile/resources.ts';
import { shardName } from '../shard/shard-name.ts';

/** Which Trunks are in which shard: whose status depends on it. */
export class TrunkShards {
  readonly #keys = new Map<string, Set<ResourceKey>>();

  /** Keys of other kinds are passed over. */
  set(key: ResourceKey, exists: boolean): void {
    if (!key.startsWith('Trunk/')) return;
    const shard = shardName(namespaceOf(key.slice('Trunk/'.length)));
    const keys = this.#keys.get(shard) ?? new Set();
    if (exists) keys.add(key);
    else keys.delete(key);
    if (keys.size > 0) this.#keys.set(shard, keys);
    else this.#keys.delete(shard);
  }

  shards(): Iterable<string> {
    return this.#keys.keys();
  }

  in(shard: string): Iterable<ResourceKey> {
    return this.#keys.get(shard) ?? [];
  }
}
