// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { TokenBucket } from './token-bucket.ts';

describe('TokenBucket', () => {
  it('lets a burst through, then one after the other', () => {
    let now = 0;
    const bucket = new TokenBucket(10, 2, () => now);
    expect([bucket.reserve(), bucket.reserve(), bucket.reserve(), bucket.reserve()]).toEqual([
      0, 0, 100, 200,
    ]);
    now = 200;
    expect(bucket.reserve()).toBeCloseTo(100);
  });

  it('fills up to the burst and no further', () => {
    let now = 0;
    const bucket = new TokenBucket(1, 2, () => now);
    now = 1_000_000;
    expect([bucket.tryTake(), bucket.tryTake(), bucket.tryTake()]).toEqual([true, true, false]);
    now += 999;
    expect(bucket.tryTake()).toBe(false);
    now += 2;
    expect(bucket.tryTake()).toBe(true);
  });
});
