// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CallLimits } from './limits.ts';
import { NOW } from './policy.fixture.ts';
import { rateWindow } from './rate.ts';

const start = (
  key: string,
  windowMs = 1000,
): { starts: { key: string; windowMs: number }[]; concurrent: string[] } => ({
  starts: [{ key, windowMs }],
  concurrent: [],
});

describe('CallLimits', () => {
  it('counts starts in a sliding window', () => {
    const limits = new CallLimits();
    for (const at of [0, 400, 900]) limits.reserve(start('t'), NOW + at);
    const count = (at: number): number => limits.view(NOW + at).startsWithin('t', 1000);
    expect([900, 999, 1000, 1399, 1400, 1899, 1900].map(count)).toEqual([3, 3, 2, 2, 1, 1, 0]);
    expect(limits.view(NOW).startsWithin('other', 1000)).toBe(0);
  });

  it('counts calls in progress, and each end once', () => {
    const limits = new CallLimits();
    const call = { starts: [], concurrent: ['t', 'a'] };
    const [first, second] = [limits.reserve(call, NOW), limits.reserve(call, NOW)];
    expect(limits.view(NOW).concurrent('t')).toBe(2);
    first();
    first();
    expect(limits.view(NOW).concurrent('t')).toBe(1);
    second();
    expect(limits.view(NOW).concurrent('t')).toBe(0);
    expect(limits.keys).toBe(0);
  });

  it('forgets keys that count for nothing any more', () => {
    const limits = new CallLimits();
    for (let i = 0; i < 500; i++) limits.reserve(start(`t${i}`), NOW + i)();
    expect(limits.keys).toBeGreaterThan(400);
    limits.reserve(start('last'), NOW + 20_000)();
    expect(limits.keys).toBe(1);
  });

  it('is not stuck when the clock is set back', () => {
    const limits = new CallLimits();
    for (let i = 0; i < 5; i++) limits.reserve(start('t'), NOW);
    const view = limits.view(NOW - 3_600_000);
    expect(view.startsWithin('t', 1000)).toBe(0);
    limits.reserve(start('t'), NOW - 3_600_000);
    expect(view.startsWithin('t', 1000)).toBe(1);
  });

  it('agrees with a plain count over any arrivals', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 300 }), (gaps) => {
        const limits = new CallLimits();
        const times: number[] = [];
        let at = NOW;
        for (const gap of gaps) {
          at += gap;
          times.push(at);
          limits.reserve(start('t'), at);
        }
        for (const later of [0, 1, 500, 999, 1000]) {
          const now = at + later;
          const plain = times.filter((time) => time > now - 1000 && time <= now).length;
          expect(limits.view(now).startsWithin('t', 1000)).toBe(plain);
        }
      }),
      { seed: 5 },
    );
  });
});

describe('rateWindow', () => {
  it.each([
    [1, 1, 1000],
    [30, 30, 1000],
    [0.5, 1, 2000],
    [0.1, 1, 10_000],
    [1.5, 2, 1333.33],
    [2.5, 3, 1200],
    [0, 0, 1000],
    [-1, 0, 1000],
    [Number.NaN, 0, 1000],
  ])('%d/s: at most %d in %d ms', (rate, max, windowMs) => {
    expect(rateWindow(rate).max).toBe(max);
    expect(rateWindow(rate).windowMs).toBeCloseTo(windowMs, 1);
  });
});
