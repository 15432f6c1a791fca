// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Condition } from '../compile/conditions.ts';
import { withReconciling } from './reconciling.ts';

const condition = (type: Condition['type'], status: Condition['status'], reason: string): Condition => ({
  ...{ type, status, reason },
  message: `because of ${reason}`,
  observedGeneration: 3,
});
const reconciling = (...given: Condition[]) =>
  withReconciling(given).filter(({ type }) => type === 'Reconciling');

describe('Reconciling', () => {
  it.each(['Pending', 'NotPublished', 'NoProxy', 'EdgeUnreachable'])('is true while %s', (reason) => {
    expect(
      reconciling(condition('Ready', 'False', reason), condition('Stalled', 'False', 'NotStalled')),
    ).toEqual([condition('Reconciling', 'True', reason)]);
  });

  it('is true while nobody knows yet', () => {
    expect(reconciling(condition('Ready', 'Unknown', 'Pending'))).toHaveLength(1);
  });

  it.each<[string, Condition[]]>([
    ['what is Ready', [condition('Ready', 'True', 'Ready')]],
    [
      'what is stalled',
      [condition('Ready', 'False', 'Pending'), condition('Stalled', 'True', 'DomainTaken')],
    ],
    ['what an administrator holds back', [condition('Ready', 'False', 'AccountSuspended')]],
    ['what has no Ready', [condition('Accepted', 'True', 'Accepted')]],
  ])('is not there for %s', (_, given) => {
    expect(withReconciling(given)).toEqual(given);
  });
});
