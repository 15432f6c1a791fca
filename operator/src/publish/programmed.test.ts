// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { compiled, resource, trunk } from '../compile/fixtures.ts';
import type { ResourceStatus } from '../compile/statuses.ts';
import { withProgrammed } from './programmed.ts';
import { revisionsOf, toShards } from './to-shards.ts';

const result = compiled([trunk('a/x'), trunk('b/x'), resource('Account', 'a', { namespace: 'a' })]);
const revisions = revisionsOf(toShards(result.config));
const status = (key: string): ResourceStatus => result.statuses.get(key)!;
const ack = (instance: string, applied: Record<string, string>) => ({ instance, revisions: applied, at: '' });
const states = (each: ResourceStatus) =>
  Object.fromEntries(
    each.conditions.map((condition) => [condition.type, `${condition.status} ${condition.reason}`]),
  );

describe('Programmed', () => {
  it('is true, and Ready with it, when every live proxy has the shards of the namespace', () => {
    const rollout = { revisions, acks: [ack('p1', revisions), ack('p2', revisions)] };
    expect(states(withProgrammed(status('Trunk/a/x'), 'a', rollout))).toMatchObject({
      Programmed: 'True Programmed',
      Ready: 'True Ready',
    });
  });

  it('names the proxies that are behind', () => {
    const rollout = { revisions, acks: [ack('p1', revisions), ack('p2', {})] };
    const found = withProgrammed(status('Trunk/a/x'), 'a', rollout);
    expect(states(found)).toMatchObject({ Programmed: 'False Pending', Ready: 'False Pending' });
    expect(found.conditions.find(({ type }) => type === 'Programmed')?.message).toBe(
      'Applied by 1 of 2 proxies; waiting for p2.',
    );
  });

  it('does not wait for the shards of others', () => {
    const own = Object.fromEntries(
      Object.entries(revisions).filter(
        ([name]) => name !== toShards(compiled([trunk('b/x')]).config)[1]?.name,
      ),
    );
    expect(
      states(withProgrammed(status('Trunk/a/x'), 'a', { revisions, acks: [ack('p1', own)] })).Programmed,
    ).toBe('True Programmed');
  });

  it('is false where no proxy lives, and stays off kinds that have none', () => {
    expect(states(withProgrammed(status('Trunk/a/x'), 'a', { revisions, acks: [] })).Programmed).toBe(
      'False NoProxy',
    );
    expect(withProgrammed(status('Account/a'), 'a', { revisions, acks: [] })).toBe(status('Account/a'));
  });

  it('does not make ready what is not', () => {
    const lacking = compiled([trunk('a/x')], { settings: { assumeAccounts: false } });
    const found = withProgrammed(lacking.statuses.get('Trunk/a/x')!, 'a', {
      revisions: {},
      acks: [ack('p', {})],
    });
    expect(states(found)).toMatchObject({ Programmed: 'True Programmed', Ready: 'False AccountNotFound' });
  });
});
