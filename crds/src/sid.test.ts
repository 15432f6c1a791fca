// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { deriveSid } from './sid.ts';

describe('deriveSid', () => {
  it('is the prefix and 32 hex digits, and never changes for a name', () => {
    expect(deriveSid('TK', 'acme', 'acme')).toBe('TK3b6290d58e2fd7356bf0e24474153868');
    expect(deriveSid('CR', '', 'pstn')).toMatch(/^CR[0-9a-f]{32}$/);
  });

  it('differs by kind, by namespace and by name', () => {
    const sids = [
      deriveSid('TK', 'a', 'b'),
      deriveSid('OU', 'a', 'b'),
      deriveSid('TK', 'b', 'a'),
      deriveSid('TK', 'a', 'c'),
    ];
    expect(new Set(sids.map((sid) => sid.slice(2))).size).toBe(4);
  });

  it('does not confuse where the namespace ends', () => {
    expect(deriveSid('TK', 'ab', 'c')).not.toBe(deriveSid('TK', 'a', 'bc'));
    expect(deriveSid('TK', 'a","b', 'c')).not.toBe(deriveSid('TK', 'a', 'b","c'));
  });
});
