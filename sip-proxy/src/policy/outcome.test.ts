// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { classifyOutcome, endAtExhaustion, endAtFinal } from './outcome.ts';
import { makeTrunk } from './policy.fixture.ts';

const { failover } = makeTrunk();

describe('classifyOutcome, with the default final codes', () => {
  it.each([200, 202, 299])('%d answers', (status) => {
    expect(classifyOutcome({ status }, failover)).toBe('answered');
  });

  it.each([400, 404, 405, 410, 416, 482, 484, 486, 600, 603, 604, 606, 699])('%d is final', (status) => {
    expect(classifyOutcome({ status }, failover)).toBe('final');
  });

  it.each([
    300, 301, 305, 380, 401, 402, 403, 406, 407, 408, 413, 414, 415, 420, 421, 422, 423, 480, 481, 483, 485,
    487, 488, 489, 491, 493, 500, 501, 502, 503, 504, 505, 513, 580, 599,
  ])('%d hunts on', (status) => {
    expect(classifyOutcome({ status }, failover)).toBe('next');
  });

  it.each(['no-response', 'transport', 'dns'] as const)('%s hunts on', (error) => {
    expect(classifyOutcome({ error }, failover)).toBe('next');
  });

  it('ends at a 302, which cannot be followed yet', () => {
    expect(classifyOutcome({ status: 302 }, failover)).toBe('final');
    expect(endAtFinal({ status: 302 }, 'acme/pbx1')).toMatchObject({ code: 'not-implemented', status: 501 });
  });
});

describe('classifyOutcome, with final codes of the trunk', () => {
  const own = { answerTimeoutMs: 4000, finalCodes: ['503', '4XX'] };
  it.each([
    [503, 'final'],
    [404, 'final'],
    [499, 'final'],
    [500, 'next'],
    [603, 'next'],
    [200, 'answered'],
  ])('%d: %s', (status, outcome) => {
    expect(classifyOutcome({ status }, own)).toBe(outcome);
  });
});

describe('the end of a hunt', () => {
  const plan = { direction: 'origination' as const, trunk: makeTrunk(), attempts: [] };

  it('passes a final answer on', () => {
    expect(endAtFinal({ status: 486, reason: 'Busy Here' }, 'acme/pbx1')).toEqual({
      code: 'final-answer',
      status: 486,
      reason: 'Busy Here',
      text: 'acme/pbx1 answered 486 Busy Here',
    });
  });

  it.each([
    [{ status: 503, reason: 'Down' }, 503, 'Down'],
    [{ error: 'no-response' as const }, 408, 'Request Timeout'],
    [{ error: 'transport' as const }, 503, 'Service Unavailable'],
    [{ error: 'dns' as const }, 503, 'Service Unavailable'],
  ])('gives the last status after %j', (last, status, reason) => {
    expect(endAtExhaustion(last, plan)).toMatchObject({ code: 'all-targets-failed', status, reason });
  });

  it('is a 501 where disaster recovery would have to take the call, and on origination alone', () => {
    const trunk = makeTrunk({ disasterRecovery: { url: 'https://dr.example.com/', method: 'POST' } });
    const last = { error: 'no-response' as const };
    expect(endAtExhaustion(last, { ...plan, trunk })).toMatchObject({ code: 'not-implemented', status: 501 });
    expect(endAtExhaustion(last, { ...plan, trunk, direction: 'termination' })).toMatchObject({
      status: 408,
    });
  });
});
