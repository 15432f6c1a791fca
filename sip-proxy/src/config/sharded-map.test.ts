// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { ShardedMap } from './sharded-map.ts';

const slice = (entries: Record<string, number>): Map<string, number> => new Map(Object.entries(entries));

describe('ShardedMap', () => {
  const map = ShardedMap.from(
    new Map([
      ['b', slice({ x: 1, y: 2 })],
      ['a', slice({ x: 3 })],
    ]),
  );

  it('gives a key of two shards to the lower one', () => {
    expect([map.get('x'), map.get('y'), map.get('z'), map.size]).toEqual([3, 2, undefined, 2]);
  });

  it('replaces a shard without touching the map it came from', () => {
    const next = map.with('a', slice({ z: 4 }));
    expect([next.get('x'), next.get('y'), next.get('z')]).toEqual([1, 2, 4]);
    expect([map.get('x'), map.get('z')]).toEqual([3, undefined]);
  });

  it('takes a changed value of a key that stays', () => {
    expect(map.with('b', slice({ y: 5 })).get('y')).toBe(5);
    expect(map.with('a', slice({ x: 6 })).get('x')).toBe(6);
    expect(map.with('b', slice({ x: 7, y: 2 })).get('x')).toBe(3);
  });
});
