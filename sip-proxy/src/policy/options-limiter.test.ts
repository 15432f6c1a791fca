// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { DEFAULT_OPTIONS_LIMITS, OptionsLimiter } from './options-limiter.ts';
import { NOW } from './policy.fixture.ts';

/** Sends one OPTIONS at each time (ms) and tells which would be answered. */
function ping(limiter: OptionsLimiter, times: number[], address = '203.0.113.7'): boolean[] {
  return times.map((at) => {
    const allowed = limiter.view(NOW + at).allows(address);
    limiter.count(address, NOW + at);
    return allowed;
  });
}

const every = (ms: number, count: number): number[] => Array.from({ length: count }, (_, i) => i * ms);

describe('OptionsLimiter', () => {
  it('answers one per 10 s for ever', () => {
    expect(ping(new OptionsLimiter(), every(10_000, 200))).not.toContain(false);
  });

  it('answers five at once and bans the source at the sixth, for 60 s', () => {
    const limiter = new OptionsLimiter();
    expect(ping(limiter, [0, 1, 2, 3, 4, 5])).toEqual([true, true, true, true, true, false]);
    expect(ping(limiter, [20_000, 60_004])).toEqual([false, false]);
    expect(ping(limiter, [60_005])).toEqual([true]);
  });

  it('bans a source that sends one per second, and lets it back once it has slowed down', () => {
    const limiter = new OptionsLimiter();
    const answers = ping(limiter, every(1000, 20));
    expect(answers.slice(0, 5)).not.toContain(false);
    expect(answers.slice(6)).not.toContain(true);
    expect(
      ping(
        limiter,
        every(10_000, 20).map((at) => at + 80_000),
      ),
    ).not.toContain(false);
  });

  it('keeps sources apart', () => {
    const limiter = new OptionsLimiter();
    ping(limiter, every(1, 50));
    expect(ping(limiter, [50], '203.0.113.8')).toEqual([true]);
  });

  it('does not ban for longer when the clock is set back', () => {
    const limiter = new OptionsLimiter();
    ping(limiter, every(1, 10));
    expect(limiter.view(NOW - 3_600_000).allows('203.0.113.7')).toBe(false);
    expect(limiter.view(NOW + 60_010).allows('203.0.113.7')).toBe(true);
    limiter.count('203.0.113.7', NOW - 3_600_000);
    expect(limiter.view(NOW - 3_600_000 + 60_001).allows('203.0.113.7')).toBe(true);
  });

  it('remembers only so many sources', () => {
    const limiter = new OptionsLimiter({ ...DEFAULT_OPTIONS_LIMITS, maxSources: 100 });
    for (let i = 0; i < 1000; i++) limiter.count(`198.51.100.${i}`, NOW);
    expect(limiter.size).toBe(100);
  });
});
