// SPDX-License-Identifier: Apache-2.0

/** Numbers that come again with the same seed. */
export interface Random {
  /** Uniform in [0, below). */
  below(below: number): number;
  pick<T>(list: readonly T[]): T;
}

/** xorshift32: fast, and good enough to choose bytes. */
export const seededRandom = (seed: number): Random => {
  let state = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0;
  const below = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  return {
    below,
    pick: (list) => {
      const found = list[below(list.length)];
      if (found === undefined) throw new Error('nothing to pick from');
      return found;
    },
  };
};
