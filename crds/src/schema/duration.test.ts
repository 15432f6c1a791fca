// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['24h', 86_400_000],
    ['4s', 4000],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    ['1m1s1ms', 61_001],
    ['0s', 0],
    ['87600h', 315_360_000_000],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '4', '-4s', '1.5h', '4 s', '4S', '1d', 's', '123456h', '4s '])('refuses "%s"', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
