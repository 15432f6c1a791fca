// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { nearest } from './nearest.ts';

describe('nearest', () => {
  const words = ['friendlyName', 'secure', 'limits', 'termination'];

  it.each([
    ['friendlyname', 'friendlyName'],
    ['frendlyName', 'friendlyName'],
    ['secrue', 'secure'],
    ['terminations', 'termination'],
    ['limit', 'limits'],
  ])('takes %s for %s', (word, meant) => {
    expect(nearest(word, words)).toBe(meant);
  });

  it.each(['domain', 'x', ''])('has no guess for "%s"', (word) => {
    expect(nearest(word, words)).toBeUndefined();
  });
});
