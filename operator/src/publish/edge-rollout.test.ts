// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { edgeRollout, type EdgeProgress, type Progress } from './edge-rollout.ts';

const changedAt = new Date('2026-11-25T08:00:00.123Z');
const missingSince = new Date('2026-11-25T07:30:00Z');
const says = (edges: EdgeProgress[], more: Partial<Progress> = {}) => {
  const { status, reason, message } = edgeRollout({ edges, changedAt, ...more });
  return `${status} ${reason}: ${message}`;
};
const up = (edge: string, ...behind: string[]): EdgeProgress => ({ edge, alive: 3, behind });
const gone = (edge: string): EdgeProgress => ({ edge, alive: 0, behind: [], missingSince });

describe('Programmed over all edges', () => {
  it('is true where every live proxy of every edge has it', () => {
    expect(says([up('ashburn'), up('dublin')])).toBe(
      'True Programmed: Applied by every live proxy of every edge.',
    );
  });

  it('names the proxies that have not, and since when', () => {
    expect(says([up('ashburn', 'a1', 'a2'), up('dublin')])).toBe(
      'False Pending: Waiting since 2026-11-25T08:00:00Z for proxy a1 of edge ashburn, a2 of edge ashburn.',
    );
    expect(says([up('ashburn', ...['a', 'b', 'c', 'd', 'e', 'f', 'g'])])).toMatch(
      /a of edge ashburn, .*e of edge ashburn and 2 more\.$/,
    );
  });

  it('names the edge that cannot be reached, and since when', () => {
    expect(says([up('ashburn'), gone('dublin')])).toBe(
      'False EdgeUnreachable: Edge dublin has had no live proxy since 2026-11-25T07:30:00Z.',
    );
    expect(says([up('ashburn', 'a1'), gone('dublin')])).toMatch(
      /^False EdgeUnreachable: Edge dublin .* Waiting /,
    );
  });

  it('says so where there is no proxy at all', () => {
    expect(says([])).toBe('False NoProxy: No proxy is alive. Start one, or look at its log.');
    expect(says([gone('dublin')])).toMatch(/^False NoProxy: .* Edge dublin has had no live proxy since/);
  });

  it('says what keeps it from being published', () => {
    expect(says([up('ashburn')], { failure: 'Too long: must have at most 1048576 bytes' })).toBe(
      'False NotPublished: It could not be published: Too long: must have at most 1048576 bytes',
    );
  });
});
