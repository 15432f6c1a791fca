// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { buildConfigIndex } from '../config/config-index.ts';
import type { RequestFacts } from './decision.ts';
import { LivePolicy, type LiveDecision } from './live-policy.ts';
import * as f from './policy.fixture.ts';

const live = (): LivePolicy => new LivePolicy({ edge: 'ashburn', nonceKeys: ['key-1'], random: () => 0 });
const limited = (limits: {
  callsPerSecond?: number;
  concurrentCalls?: number;
}): ReturnType<typeof buildConfigIndex> =>
  buildConfigIndex(
    f.makeConfig({ trunks: [f.makeTrunk({ limits: { maxCallDurationSeconds: 60, ...limits } })] }),
  );

/** The code, or the outcome where there is none. */
const codeOf = ({ decision }: LiveDecision): string =>
  'code' in decision ? decision.code : decision.outcome;

describe('LivePolicy', () => {
  it('refuses a replayed answer and takes a raised nonce count', () => {
    const policy = live();
    const config = buildConfigIndex(
      f.makeConfig({ trunks: [f.makeTrunk({ credentialLists: ['acme/pbx'] })] }),
    );
    const at = (request: RequestFacts, ms = 0): LiveDecision => policy.decide(request, config, f.NOW + ms);
    const { decision } = at(f.outbound());
    if (decision.outcome !== 'challenge') throw new Error(decision.outcome);
    const nonce = /nonce="([^"]+)"/.exec(decision.headers[0]?.value ?? '')?.[1] ?? '';
    const answer = (given: f.Answer = {}): RequestFacts =>
      f.outbound({ proxyAuthorization: f.proxyAuthorization(nonce, f.outbound(), given) });
    expect(codeOf(at(answer()))).toBe('route');
    expect(codeOf(at(answer(), 29_000))).toBe('digest-invalid');
    expect(codeOf(at(answer({ nc: '00000002' }), 29_000))).toBe('route');
    expect(codeOf(at(answer({ algorithm: 'MD5', qop: false }), 29_000))).toBe('route');
    expect(codeOf(at(answer({ algorithm: 'MD5', qop: false }), 29_001))).toBe('digest-invalid');
    expect(codeOf(at(answer({ nc: '00000003' }), 31_000))).toBe('challenge');
  });

  it('lets so many calls per second begin, in any second', () => {
    const policy = live();
    const config = limited({ callsPerSecond: 2 });
    const codes = [0, 100, 200, 999, 1000, 1050, 1100, 1101].map((ms) =>
      codeOf(policy.decide(f.outbound(), config, f.NOW + ms)),
    );
    const over = 'trunk-cps-limit';
    expect(codes).toEqual(['route', 'route', over, over, 'route', over, 'route', over]);
  });

  it('lets one call in two seconds begin at half a call per second', () => {
    const policy = live();
    const config = limited({ callsPerSecond: 0.5 });
    const codes = [0, 1000, 1999, 2000].map((ms) => codeOf(policy.decide(f.outbound(), config, f.NOW + ms)));
    expect(codes).toEqual(['route', 'trunk-cps-limit', 'trunk-cps-limit', 'route']);
  });

  it('counts calls in both directions until they are released', () => {
    const policy = live();
    const config = limited({ concurrentCalls: 2 });
    const out = policy.decide(f.outbound(), config, f.NOW);
    policy.decide(f.inbound(), config, f.NOW);
    expect(codeOf(policy.decide(f.outbound(), config, f.NOW))).toBe('trunk-concurrent-limit');
    expect(codeOf(policy.decide(f.inbound(), config, f.NOW))).toBe('trunk-concurrent-limit');
    out.release();
    expect(codeOf(policy.decide(f.inbound(), config, f.NOW))).toBe('route');
  });

  it('holds nothing once all calls have ended', () => {
    const policy = live();
    const config = limited({ callsPerSecond: 1000, concurrentCalls: 1000 });
    const releases = Array.from({ length: 500 }, () => policy.decide(f.outbound(), config, f.NOW).release);
    for (const release of releases) release();
    policy.decide(f.inbound(), config, f.NOW + 60_000).release();
    expect(policy.limits.keys).toBe(0);
  });

  it('stops answering OPTIONS that come too often', () => {
    const policy = live();
    const config = limited({});
    const request = f.outbound({ method: 'OPTIONS', requestUri: 'sip:acme.pstn.example.com' });
    const codes = Array.from({ length: 7 }, (_, i) =>
      codeOf(policy.decide(request, config, f.NOW + i * 1000)),
    );
    expect(codes.slice(0, 5)).toEqual(Array(5).fill('answer-options'));
    expect(codes[6]).toBe('options-rate-limit');
    expect(codeOf(policy.decide(f.outbound(), config, f.NOW))).toBe('route');
  });
});
