// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { isTrue, withTransitionTimes, type WantedCondition } from './conditions.ts';
import { hashOf, isEqual } from './hash.ts';

const ready = (status: 'True' | 'False', reason: string): WantedCondition => ({
  ...{ type: 'Ready', status, reason, message: reason, observedGeneration: 2 },
});

describe('withTransitionTimes', () => {
  it('keeps the time while the status stays, whatever the reason says', () => {
    const first = withTransitionTimes([ready('False', 'A')], undefined, new Date('2026-01-01T00:00:00.123Z'));
    expect(first[0]?.lastTransitionTime).toBe('2026-01-01T00:00:00Z');
    const later = new Date('2026-02-02T00:00:00Z');
    expect(withTransitionTimes([ready('False', 'B')], first, later)).toEqual([
      { ...ready('False', 'B'), lastTransitionTime: '2026-01-01T00:00:00Z' },
    ]);
    expect(withTransitionTimes([ready('True', 'B')], first, later)[0]?.lastTransitionTime).toBe(
      '2026-02-02T00:00:00Z',
    );
  });

  it('leaves out types that are not wanted, and cuts a message that the server would refuse', () => {
    const before = withTransitionTimes([{ ...ready('True', 'A'), type: 'Old' }], []);
    const now = withTransitionTimes([{ ...ready('True', 'A'), message: 'x'.repeat(40_000) }], before);
    expect(now.map(({ type }) => type)).toEqual(['Ready']);
    expect(now[0]?.message).toHaveLength(32_768);
  });

  it('is true of this generation alone', () => {
    const conditions = withTransitionTimes([ready('True', 'A')], undefined);
    expect(isTrue({ metadata: { generation: 2 }, status: { conditions } }, 'Ready')).toBe(true);
    expect(isTrue({ metadata: { generation: 3 }, status: { conditions } }, 'Ready')).toBe(false);
    expect(isTrue({ metadata: { generation: 2 } }, 'Ready')).toBe(false);
  });
});

describe('hashOf and isEqual', () => {
  it('do not care about the order of fields, but about that of lists', () => {
    const [one, other] = [
      { a: [1, { x: 1, y: null }], b: 'c', gone: undefined },
      { b: 'c', a: [1, { y: null, x: 1 }] },
    ];
    expect(hashOf(one)).toBe(hashOf(other));
    expect(isEqual(one, other)).toBe(true);
    expect(hashOf([1, 2])).not.toBe(hashOf([2, 1]));
    expect(isEqual({ a: null }, {})).toBe(false);
    expect(isEqual(undefined, undefined)).toBe(true);
  });
});
