// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { consequences } from '../parity/consequences.ts';
import { enginesPage } from '../parity/engines-page.ts';
import { flows, timeLimits } from '../parity/flows/index.ts';
import { excuseOf, readRecording } from '../parity/recordings.ts';

const FILE = new URL('../../docs/reference/engines.md', import.meta.url);

describe('docs/reference/engines.md', () => {
  const all = [...flows, ...timeLimits];

  it('has what was recorded (UPDATE_DOCS=1 writes it)', () => {
    const page = enginesPage();
    if (process.env.UPDATE_DOCS !== undefined) writeFileSync(FILE, page);
    expect(readFileSync(FILE, 'utf8')).toBe(page);
  });

  it('says of every difference what it means, and of nothing else', () => {
    const differing = all.filter((flow) => excuseOf('sip-engine without parity', flow) !== undefined);
    expect(Object.keys(consequences).sort()).toEqual(differing.map(({ name }) => name).sort());
  });

  it('lists no difference that is none', () => {
    for (const kind of ['sip-engine with parity', 'sip-engine without parity'] as const) {
      const same = all
        .filter((flow) => excuseOf(kind, flow) !== undefined)
        .filter(({ name }) => {
          const [theirs, ours] = [readRecording('drachtio')[name], readRecording(kind)[name]];
          return JSON.stringify(theirs) === JSON.stringify(ours);
        });
      expect(same.map(({ name }) => name)).toEqual([]);
    }
  });
});
