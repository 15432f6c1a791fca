// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from './policy.fixture.ts';
import { orderByPriorityAndWeight } from './weighted-order.ts';

const target = (
  name: string,
  weight: number,
  priority = 10,
): { name: string; weight: number; priority: number } => ({
  name,
  weight,
  priority,
});

/** Within four standard deviations of a binomial count: a right draw fails one seed in 16,000, and seeds are fixed. */
function expectShare(count: number, of: number, share: number): void {
  const deviation = Math.sqrt(of * share * (1 - share));
  expect(Math.abs(count - of * share)).toBeLessThanOrEqual(4 * deviation);
}

describe('orderByPriorityAndWeight', () => {
  it('puts the lower priority first, whatever the weights and the order given', () => {
    const items = [target('late', 65535, 20), target('first', 1, 5), target('mid', 1, 10)];
    expect(orderByPriorityAndWeight(items, () => 0.999).map(({ name }) => name)).toEqual([
      'first',
      'mid',
      'late',
    ]);
  });

  it('begins with each of 60/20/20 in its share, and shares the rest by weight', () => {
    const items = [target('a', 60), target('b', 20), target('c', 20)];
    const random = seededRandom(7);
    const rounds = 20_000;
    const draws = Array.from({ length: rounds }, () =>
      orderByPriorityAndWeight(items, random)
        .map(({ name }) => name)
        .join(''),
    );
    const starting = (prefix: string): number => draws.filter((draw) => draw.startsWith(prefix)).length;
    expectShare(starting('a'), rounds, 0.6);
    expectShare(starting('b'), rounds, 0.2);
    expectShare(starting('c'), rounds, 0.2);
    expectShare(starting('ab'), starting('a'), 0.5);
    expectShare(starting('ba'), starting('b'), 0.75);
    expectShare(starting('ca'), starting('c'), 0.75);
  });

  it('holds for any weights', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 65535 }), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 1_000_000 }), (list, seed) => {
        const items = list.map((weight, i) => target(String(i), weight));
        const total = list.reduce((sum, weight) => sum + weight, 0);
        const random = seededRandom(seed);
        const rounds = 2000;
        let zero = 0;
        for (let i = 0; i < rounds; i++) if (orderByPriorityAndWeight(items, random)[0]?.name === '0') zero++;
        expectShare(zero, rounds, (list[0] ?? 0) / total);
      }),
      { seed: 11, numRuns: 50 },
    );
  });

  it('loses nothing, adds nothing, changes nothing', () => {
    const item = fc.record({
      priority: fc.integer({ min: 0, max: 3 }),
      weight: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 12 }),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (items, point) => {
          const copy = [...items];
          const ordered = orderByPriorityAndWeight(items, () => point);
          expect(items).toEqual(copy);
          expect(new Set(ordered)).toEqual(new Set(items));
          expect(ordered).toHaveLength(items.length);
          const priorities = ordered.map(({ priority }) => priority);
          expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
        },
      ),
      { seed: 12 },
    );
  });
});
