// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { formatPath, parsePath } from './field-path.ts';

describe('field paths', () => {
  it.each([
    [[], ''],
    [['spec', 'addresses', 0, 'cidr'], 'spec.addresses[0].cidr'],
    [['metadata', 'labels', 'a.b/c'], 'metadata.labels["a.b/c"]'],
    [['data', 'say "hi"', 2, 3], 'data["say \\"hi\\""][2][3]'],
    [['', 'x'], '[""].x'],
  ])('%j is written %s, and read back', (path, text) => {
    expect(formatPath(path)).toBe(text);
    expect(parsePath(text)).toEqual(path);
  });
});
