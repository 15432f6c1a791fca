// SPDX-License-Identifier: Apache-2.0
import { buildConfigIndex, type ConfigIndex } from './config-index.ts';
import type { Shard } from './shard-file.ts';

/** With more changes than this, building all anew is cheaper than one after the other. */
const FEW = 8;

/** The configuration that is in force: the shards applied last, as look-ups. */
export class LiveConfig {
  readonly #ready = Promise.withResolvers<undefined>();
  readonly #onApplied: (revisions: Record<string, string>) => void;
  #index: ConfigIndex | undefined;

  constructor(onApplied: (revisions: Record<string, string>) => void = () => undefined) {
    this.#onApplied = onApplied;
  }

  /** Resolves when there is something to decide by. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  readonly current = (): ConfigIndex => {
    if (!this.#index) throw new Error('no configuration yet');
    return this.#index;
  };

  /**
   * Puts the changes in force, all in one moment: a call is decided by the old configuration or by the new one, never by a
   * mixture. `shards` are all that hold then; undefined where the install-wide one is not among them yet, else their revisions.
   */
  apply(
    changes: ReadonlyMap<string, Shard>,
    shards: ReadonlyMap<string, Shard>,
  ): Record<string, string> | undefined {
    const next = this.#index && changes.size <= FEW ? withShards(this.#index, changes) : fromScratch(shards);
    if (!next) return undefined;
    this.#index = next;
    const revisions = Object.fromEntries([...shards].map(([name, { revision }]) => [name, revision]));
    this.#onApplied(revisions);
    this.#ready.resolve(undefined);
    return revisions;
  }
}

const withShards = (index: ConfigIndex, changes: ReadonlyMap<string, Shard>): ConfigIndex =>
  [...changes.values()].reduce((next, shard) => next.withShard(shard), index);

const fromScratch = (shards: ReadonlyMap<string, Shard>): ConfigIndex | undefined => {
  const all = [...shards.values()];
  const global = all.find((shard) => 'baseDomain' in shard);
  if (!global) return undefined;
  return buildConfigIndex({
    global,
    routing: all.filter((shard) => 'trunks' in shard),
    secrets: all.filter((shard) => 'credentialLists' in shard),
  });
};
