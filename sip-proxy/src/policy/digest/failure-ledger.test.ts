// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { buildConfigIndex } from '../../config/config-index.ts';
import type { Decision } from '../decision.ts';
import { LivePolicy } from '../live-policy.ts';
import * as f from '../policy.fixture.ts';
import { FailureLedger } from './failure-ledger.ts';

const MINUTE = 60_000;
const limits = { perUser: 3, perSource: 5, windowMs: MINUTE, maxCounters: 10 };

describe('FailureLedger', () => {
  it('blocks a source for a user after so many wrong answers, until the minute is over', () => {
    const ledger = new FailureLedger(limits);
    const blocks = (now: number, user = 'a', source = '192.0.2.1') => ledger.view(now).blocks(source, user);
    for (let n = 0; n < 3; n += 1) {
      expect(blocks(n)).toBe(false);
      ledger.add({ source: '192.0.2.1', user: 'a' }, n);
    }
    expect(blocks(MINUTE - 1)).toBe(true);
    expect(blocks(10, 'b')).toBe(false);
    expect(blocks(10, 'a', '192.0.2.2')).toBe(false);
    expect(blocks(MINUTE)).toBe(false);
    ledger.add({ source: '192.0.2.1', user: 'a' }, MINUTE);
    expect(blocks(MINUTE)).toBe(false);
  });

  it('blocks a source for every user that goes through many', () => {
    const ledger = new FailureLedger(limits);
    for (let n = 0; n < 5; n += 1) ledger.add({ source: '192.0.2.1', user: `user${n}` }, n);
    expect(ledger.view(10).blocks('192.0.2.1', 'another')).toBe(true);
    expect(ledger.view(10).blocks('192.0.2.2', 'another')).toBe(false);
  });

  it('remembers no more than it may, whatever comes', () => {
    const ledger = new FailureLedger(limits);
    for (let n = 0; n < 1000; n += 1) ledger.add({ source: `192.0.2.${n}`, user: 'x'.repeat(n) }, n);
    expect(ledger.size).toBe(10);
  });

  it('blocks nobody for ever where the clock is set back', () => {
    const ledger = new FailureLedger(limits);
    for (let n = 0; n < 3; n += 1) ledger.add({ source: 'a', user: 'b' }, 10 * MINUTE);
    expect(ledger.view(0).blocks('a', 'b')).toBe(false);
  });
});

describe('guessing passwords', () => {
  const config = buildConfigIndex(f.makeConfig({ trunks: [f.makeTrunk({ credentialLists: ['acme/pbx'] })] }));
  const policy = () => new LivePolicy({ edge: 'ashburn', nonceKeys: ['key-1'], random: () => 0 });
  const nonceOf = (decision: Decision): string => {
    if (decision.outcome !== 'challenge') throw new Error(decision.outcome);
    return /nonce="([^"]+)"/.exec(decision.headers[0]?.value ?? '')?.[1] ?? '';
  };
  /** One INVITE of a guess and its challenge; the code, or the outcome where there is none. */
  const guess = (live: LivePolicy, password: string, now: number, nonce?: string): string => {
    const own = nonce ?? nonceOf(live.decide(f.outbound(), config, now).decision);
    const proxyAuthorization = f.proxyAuthorization(own, f.outbound(), { password });
    const { decision } = live.decide(f.outbound({ proxyAuthorization }), config, now);
    return 'code' in decision ? decision.code : decision.outcome;
  };

  it('is refused unread after ten, also with the right one, for the rest of the minute', () => {
    const live = policy();
    for (let n = 0; n < 10; n += 1) expect(guess(live, `wrong${n}`, f.NOW + n)).toBe('digest-invalid');
    expect(guess(live, 'wrong', f.NOW + 11)).toBe('digest-blocked');
    expect(guess(live, f.PASSWORD, f.NOW + 12)).toBe('digest-blocked');
    expect(guess(live, f.PASSWORD, f.NOW + MINUTE)).toBe('route');
  });

  it('counts only answers to nonces of ours: a forged address locks nobody out', () => {
    const live = policy();
    for (let n = 0; n < 50; n += 1) expect(guess(live, 'wrong', f.NOW, 'made.up')).toBe('challenge');
    expect(guess(live, f.PASSWORD, f.NOW)).toBe('route');
  });

  it('learns nothing from a nonce of its own: right and wrong are answered alike', () => {
    const answers = [f.PASSWORD, 'wrong'].map((password) => {
      const proxyAuthorization = f.proxyAuthorization('made.up', f.outbound(), { password });
      return policy().decide(f.outbound({ proxyAuthorization }), config, f.NOW).decision;
    });
    expect(answers[0]).toEqual(answers[1]);
  });
});
