// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { targetAddress } from '@trunkline/crds';
import fc from 'fast-check';
import type { Attempt, DialPlan } from '../policy/decision.ts';
import { deadLast } from './dead-last.ts';
import { addressOfUri } from './target-address.ts';

const attempt = (name: string): Attempt => ({
  target: `acme/${name}`,
  sid: 'OU1',
  requestUri: `sip:+15550100@${name}.example:5070`,
  transport: 'udp',
  headers: [],
});
const planOf = (...names: string[]): DialPlan => ({ attempts: names.map(attempt) }) as DialPlan;
const names = ({ attempts }: DialPlan) => attempts.map(({ target }) => target.slice('acme/'.length));
const known =
  (dead: string[], up: string[] = []) =>
  (address: string) => {
    const [name = ''] = address.replace('udp/', '').split('.');
    if (dead.includes(name)) return { healthy: false, since: 1, streak: 0, lastError: 'no response in 4 s' };
    return up.includes(name) ? { healthy: true, since: 1, streak: 0 } : undefined;
  };

describe('targets that do not answer', () => {
  it('are tried last, each group in the order of the plan', () => {
    const { plan, note } = deadLast(planOf('a', 'b', 'c', 'd', 'e'), known(['a', 'd'], ['b']));
    expect(names(plan)).toEqual(['b', 'c', 'e', 'a', 'd']);
    expect(note).toEqual({
      check: 'target-health',
      result: 'warn',
      detail: 'tried last: acme/a (no response in 4 s), acme/d (no response in 4 s)',
    });
  });

  it('are all tried in the order of the plan where there is no other', () => {
    const { plan, note } = deadLast(planOf('a', 'b'), known(['a', 'b']));
    expect(names(plan)).toEqual(['a', 'b']);
    expect(note?.detail).toMatch(/^no target answers, all are tried: acme\/a/);
  });

  it('change nothing of a plan in which they are not: it is the very same', () => {
    const plan = planOf('a', 'b');
    expect(deadLast(plan, known(['x'], ['a']))).toEqual({ plan });
    expect(deadLast(plan, known(['x'], ['a'])).plan).toBe(plan);
  });

  it('leave none out, whatever is known', () => {
    const some = fc.subarray(['a', 'b', 'c', 'd', 'e', 'f']);
    fc.assert(
      fc.property(fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f']), some, (order, dead) => {
        const sorted = names(deadLast(planOf(...order), known(dead)).plan);
        expect(sorted.filter((name) => !dead.includes(name))).toEqual(
          order.filter((name) => !dead.includes(name)),
        );
        expect(sorted.toSorted()).toEqual(order.toSorted());
      }),
    );
  });
});

describe('the address of a target', () => {
  it.each([
    ['sip:+15550100@192.0.2.10', 'udp', 'udp/192.0.2.10:5060'],
    ['sip:+15550100@192.0.2.10;transport=tls', 'tls', 'tls/192.0.2.10:5061'],
    ['sip:+15550100@192.0.2.10:5070;transport=tcp', 'tcp', 'tcp/192.0.2.10:5070'],
    ['sip:+15550100@[2001:db8::1]', 'udp', 'udp/[2001:db8::1]:5060'],
    ['sip:pbx@PBX.acme.example', 'udp', 'udp/pbx.acme.example'],
    ['sip:pbx@pbx.acme.example:5060', 'udp', 'udp/pbx.acme.example:5060'],
  ] as const)('of %s over %s is %s', (uri, transport, address) => {
    expect(addressOfUri(uri, transport)).toBe(address);
  });

  it('is the same of a place and of the URI that a call makes of it', () => {
    const place = { host: '2001:db8::1', transport: 'tcp' } as const;
    expect(targetAddress(place)).toBe(addressOfUri('sip:x@[2001:db8::1];transport=tcp', 'tcp'));
  });
});
