// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { REJECT_CODES } from './reject-codes.ts';

const page = readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8');
const rows = new Map(
  page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, code = '', answer = '', meaning = '', remedy = '']) => [
      code.slice(1, -1),
      { answer, meaning, remedy },
    ]),
);

describe('docs/reference/errors.md', () => {
  it.each(Object.entries(REJECT_CODES))('documents %s with its SIP answer', (code, { status, reason }) => {
    const row = rows.get(code);
    expect(row?.meaning).toMatch(/\w/);
    expect(row?.remedy).toMatch(/\w/);
    if (status > 0) expect(row?.answer).toContain(`${status} ${reason}`);
  });

  it('documents no code that does not exist', () => {
    expect([...rows.keys()].filter((code) => !(code in REJECT_CODES))).toEqual([]);
  });
});
