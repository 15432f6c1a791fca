// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { Correlator, kept } from './correlator.ts';

const say = (note: string, about = 'Trunk acme/a', reason = 'Refused') =>
  ({ about, reason, note, type: 'Warning', action: 'Compile' }) as const;

describe('Correlator', () => {
  it('puts the same text into the same series', () => {
    const correlator = new Correlator();
    const [one, two, other] = ['a', 'a', 'b'].map((note) => correlator.admit(say(note)));
    expect(one).toEqual(two);
    expect(other?.series).not.toBe(one?.series);
    expect(correlator.admit(say('a', 'Trunk acme/b'))?.series).not.toBe(one?.series);
    expect(correlator.admit(say('a', 'Trunk acme/a', 'Other'))?.series).not.toBe(one?.series);
  });

  it('combines the eleventh text that is similar, until the window is over', () => {
    let now = 0;
    const correlator = new Correlator({ burst: 1_000 }, () => now);
    const notes = Array.from({ length: 10 }, (_, i) => correlator.admit(say(`${i}`))?.note);
    expect(notes).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
    const [eleventh, twelfth] = [correlator.admit(say('x')), correlator.admit(say('y'))];
    expect(eleventh?.note).toBe('(combined from similar events): x');
    expect(twelfth?.series).toBe(eleventh?.series);
    now = 600_001;
    expect(correlator.admit(say('x'))?.note).toBe('x');
  });

  it('lets 25 of an object through, then one in five minutes; other objects have their own', () => {
    let now = 0;
    const correlator = new Correlator({}, () => now);
    const admitted = () => correlator.admit(say('a')) !== undefined;
    expect(Array.from({ length: 30 }, admitted).filter(Boolean)).toHaveLength(25);
    expect(correlator.admit(say('a', 'Trunk acme/b'))).toBeDefined();
    now = 299_000;
    expect(admitted()).toBe(false);
    now = 300_001;
    expect([admitted(), admitted()]).toEqual([true, false]);
  });

  it('keeps a bounded number of things, the last used', () => {
    const map = new Map<string, number>();
    for (let i = 0; i < 10_000; i += 1) {
      kept(map, `${i}`, () => i);
      kept(map, 'always', () => -1);
    }
    expect(map.size).toBe(4_096);
    expect(map.get('always')).toBe(-1);
    expect(map.has('9999')).toBe(true);
  });
});
