// SPDX-License-Identifier: Apache-2.0

interface Owned<V> {
  shard: string;
  value: V;
}

/**
 * One map over many shards that is never changed in place: `with` gives a new map and touches only the keys of the
 * shard that changed. While two shards claim one key (a number moves between accounts and one shard arrives before
 * the other), the lower shard name has it, so that the result does not depend on the order of arrival.
 */
export class ShardedMap<V> {
  readonly #slices: ReadonlyMap<string, ReadonlyMap<string, V>>;
  readonly #merged: ReadonlyMap<string, Owned<V>>;

  private constructor(
    slices: ReadonlyMap<string, ReadonlyMap<string, V>>,
    merged: ReadonlyMap<string, Owned<V>>,
  ) {
    this.#slices = slices;
    this.#merged = merged;
  }

  static from<V>(slices: ReadonlyMap<string, ReadonlyMap<string, V>>): ShardedMap<V> {
    const merged = new Map<string, Owned<V>>();
    for (const [shard, slice] of slices) claim(merged, shard, slice);
    return new ShardedMap(slices, merged);
  }

  get(key: string): V | undefined {
    return this.#merged.get(key)?.value;
  }

  *values(): Generator<V> {
    for (const { value } of this.#merged.values()) yield value;
  }

  get size(): number {
    return this.#merged.size;
  }

  /** The map with `slice` in place of what `shard` had; an empty slice takes the shard out. */
  with(shard: string, slice: ReadonlyMap<string, V>): ShardedMap<V> {
    const slices = new Map(this.#slices);
    const before = slices.get(shard);
    slices.set(shard, slice);
    const merged = new Map(this.#merged);
    for (const key of before?.keys() ?? []) {
      if (merged.get(key)?.shard !== shard || slice.has(key)) continue;
      const heir = nextOwner(slices, key);
      if (heir === undefined) merged.delete(key);
      else merged.set(key, heir);
    }
    claim(merged, shard, slice);
    return new ShardedMap(slices, merged);
  }
}

function claim<V>(merged: Map<string, Owned<V>>, shard: string, slice: ReadonlyMap<string, V>): void {
  for (const [key, value] of slice) {
    const owner = merged.get(key);
    if (owner === undefined || owner.shard >= shard) merged.set(key, { shard, value });
  }
}

function nextOwner<V>(
  slices: ReadonlyMap<string, ReadonlyMap<string, V>>,
  key: string,
): Owned<V> | undefined {
  let owner: Owned<V> | undefined;
  for (const [shard, slice] of slices) {
    const value = slice.get(key);
    if (value !== undefined && (owner === undefined || shard < owner.shard)) owner = { shard, value };
  }
  return owner;
}
