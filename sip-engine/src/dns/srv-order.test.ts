// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { SrvTarget } from './name-server.ts';
import { orderSrv } from './srv-order.ts';

const target = (name: string, priority: number, weight: number): SrvTarget => ({
  name,
  port: 5060,
  priority,
  weight,
});

/** The same numbers in every run: a linear congruential generator. */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** How often, of 20,000 orders, each name came at this place, in per cent. */
function shares(targets: SrvTarget[], place: number): Record<string, number> {
  const random = seeded();
  const counts: Record<string, number> = {};
  for (let n = 0; n < 20_000; n += 1) {
    const name = orderSrv(targets, random)[place]?.name ?? '';
    counts[name] = (counts[name] ?? 0) + 1 / 200;
  }
  return counts;
}

describe('the order of SRV targets (RFC 2782)', () => {
  it('is by ascending priority, whatever the weights', () => {
    const targets = [target('c', 30, 65_535), target('a', 10, 0), target('b', 20, 1)];
    for (const random of [() => 0, () => 0.999_999]) {
      expect(orderSrv(targets, random).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    }
    expect(targets[0]?.name).toBe('c');
  });

  it('within one priority draws the first by weight: 60, 20, 20 means so', () => {
    const found = shares([target('a', 10, 60), target('b', 10, 20), target('c', 10, 20)], 0);
    expect(found.a).toBeGreaterThan(58);
    expect(found.a).toBeLessThan(62);
    expect(found.b).toBeGreaterThan(18.5);
    expect(found.b).toBeLessThan(21.5);
  });

  it('draws the next from the rest by weight, without gaps or repeats', () => {
    const targets = [target('a', 10, 600), target('b', 10, 300), target('c', 10, 100), target('d', 20, 900)];
    // After a (60 %): b 3 of 4; after b (30 %): a 6 of 7; after c (10 %): a 2 of 3.
    const found = shares(targets, 1);
    expect(found.a).toBeGreaterThan(30.5);
    expect(found.a).toBeLessThan(34.5);
    expect(found.b).toBeGreaterThan(46);
    expect(found.b).toBeLessThan(50.5);
    expect(shares(targets, 3)).toEqual({ d: expect.closeTo(100, 5) });
    expect(new Set(orderSrv(targets, seeded()).map(({ name }) => name)).size).toBe(4);
  });

  it.each([0, 1, 10])('shares evenly between two of weight %i', (weight) => {
    const found = shares([target('a', 10, weight), target('b', 10, weight)], 0);
    expect(found.a).toBeGreaterThan(48);
    expect(found.a).toBeLessThan(52);
  });

  it('leaves weight 0 a small chance beside others', () => {
    const found = shares([target('b', 10, 1), target('a', 10, 0)], 0);
    expect(found.a).toBeGreaterThan(0.3);
    expect(found.a).toBeLessThan(2);
  });

  it('keeps to the priority when the draw falls on the very end', () => {
    const names = orderSrv([target('a', 10, 1), target('b', 20, 1)], () => 1).map(({ name }) => name);
    expect(names).toEqual(['a', 'b']);
  });

  it('takes none and one for what they are', () => {
    expect(orderSrv([], seeded())).toEqual([]);
    expect(orderSrv([target('a', 1, 0)], () => 0.999_999)).toHaveLength(1);
  });
});
