// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { PolicyContext } from '../context.ts';
import { decide } from '../decide.ts';
import type { Decision, RequestFacts } from '../decision.ts';
import * as f from '../policy.fixture.ts';
import { parseDigestCredentials } from './credentials.ts';
import { NonceLedger } from './nonce-ledger.ts';
import { digestResponse } from './verify-response.ts';

const PARTS: f.ConfigParts = {
  trunks: [f.makeTrunk({ ipAccessControlLists: [], credentialLists: ['acme/gone', 'acme/pbx'] })],
};
const context = (over: Partial<PolicyContext> = {}): PolicyContext => f.makeContext(PARTS, over);

/** The nonce of a challenge to the request. */
function challenge(request: RequestFacts = f.outbound(), over: Partial<PolicyContext> = {}): string {
  const decision = decide(request, context(over));
  if (decision.outcome !== 'challenge') throw new Error(JSON.stringify(decision));
  return /nonce="([^"]+)"/.exec(decision.headers[0]?.value ?? '')?.[1] ?? '';
}

/** The decision on a request that answers a challenge which it got. */
function answer(given: f.Answer = {}, over: Partial<PolicyContext> = {}, request = f.outbound()): Decision {
  return decide(
    { ...request, proxyAuthorization: f.proxyAuthorization(challenge(request), request, given) },
    context(over),
  );
}

const later = (ms: number): Partial<PolicyContext> => ({ now: f.NOW + ms });
const stale = (decision: Decision): boolean[] =>
  decision.outcome === 'challenge' ? decision.headers.map(({ value }) => value.includes('stale=true')) : [];

describe('the challenge', () => {
  it('has MD5 before SHA-256, in two headers, for clients that read the first alone', () => {
    const decision = decide(f.outbound(), context());
    if (decision.outcome !== 'challenge') throw new Error(decision.outcome);
    expect(decision.status).toBe(407);
    expect(decision.headers.map(({ name }) => name)).toEqual(['Proxy-Authenticate', 'Proxy-Authenticate']);
    const [md5, sha] = decision.headers.map(({ value }) => value);
    expect(sha).toMatch(/^Digest realm="example.com", nonce="[^"]+", qop="auth", algorithm=SHA-256$/);
    expect(md5).toBe(sha?.replace('SHA-256', 'MD5'));
    expect(decision.trace.at(-1)).toMatchObject({ check: 'digest', result: 'fail' });
  });

  it.each([
    ['baresip v1.0.0 (x86_64/linux)', 1],
    ['baresip v3.11.0 (x86_64/Linux)', 1],
    ['baresip v3.12.0 (x86_64/Linux)', 2],
    ['baresip v4.0.0', 2],
    ['FreeSWITCH', 2],
  ])('to %s comes in %i header(s)', (userAgent, count) => {
    const decision = decide(f.outbound({ userAgent }), context());
    if (decision.outcome !== 'challenge') throw new Error(decision.outcome);
    expect(decision.headers).toHaveLength(count);
    expect(decision.headers[0]?.value).toContain('algorithm=MD5');
  });

  it('differs by time, call and source', () => {
    const nonces = [
      challenge(),
      challenge(f.outbound(), later(1)),
      challenge(f.outbound({ callId: 'other' })),
      challenge(f.outbound({ source: { address: '203.0.113.8', port: 5060, transport: 'udp' } })),
      challenge(f.outbound(), { nonces: { keys: ['key-2'], lifetimeMs: 30_000, isUsed: () => false } }),
    ];
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  it('does not depend on the source port, which a NAT may change', () => {
    const source = { address: f.OFFICE, port: 61_000, transport: 'udp' } as const;
    expect(challenge(f.outbound({ source }))).toBe(challenge());
  });
});

describe('a right answer', () => {
  it.each([
    [{ algorithm: 'SHA-256' }],
    [{ algorithm: 'MD5' }],
    [{ algorithm: 'MD5', qop: false }],
    [{ nc: '000000ff' }],
    [{ uri: 'sip:+442079460123@ACME.pstn.example.com:5060;transport=udp' }],
    [{ uri: 'sip:acme.pstn.example.com' }],
    [{ uri: 'sip:198.51.100.1:5060' }],
    [{ uri: 'sip:+442079460123@[2001:db8::1]' }],
  ] as const)('passes: %j', (given) => {
    const decision = answer(given);
    expect(decision.outcome).toBe('route');
    expect(decision.trace.find(({ check }) => check === 'digest')?.result).toBe('pass');
  });

  it('uses its nonce and nonce count up, even where the call fails later', () => {
    const decision = answer({}, {}, f.outbound({ from: '<sip:+15550142@x.example>' }));
    expect(decision).toMatchObject({ outcome: 'reject', code: 'invalid-caller-id' });
    expect(decision.effects.usedNonce?.key).toMatch(/\/00000001$/);
    expect(decision.effects.usedNonce?.expiresAt).toBeGreaterThanOrEqual(f.NOW + 30_000);
  });

  it('passes until the nonce is 30 s old, then is challenged anew with stale', () => {
    expect(answer({}, later(30_000)).outcome).toBe('route');
    expect(stale(answer({}, later(30_001)))).toEqual([true, true]);
  });

  it('passes with a nonce that an older key has signed', () => {
    const nonces = { keys: ['key-2', 'key-1'], lifetimeMs: 30_000, isUsed: () => false };
    expect(answer({}, { nonces }).outcome).toBe('route');
  });

  it('is enough together with the right address only', () => {
    const both: f.ConfigParts = { trunks: [f.makeTrunk({ credentialLists: ['acme/pbx'] })] };
    const request = f.outbound();
    const decide1 = decide(request, f.makeContext(both));
    expect(decide1.outcome).toBe('challenge');
    const authorized = { ...request, proxyAuthorization: f.proxyAuthorization(challenge(request), request) };
    expect(decide(authorized, f.makeContext(both)).outcome).toBe('route');
    const elsewhere = {
      ...authorized,
      source: { address: '203.0.113.99', port: 5060, transport: 'udp' as const },
    };
    expect(decide(elsewhere, f.makeContext(both))).toMatchObject({ code: 'source-address-denied' });
  });

  it('may be one of two headers', () => {
    const nonce = challenge();
    const ours = f.proxyAuthorization(nonce, f.outbound());
    const others = f.proxyAuthorization('x', f.outbound(), { realm: 'other.example' });
    for (const proxyAuthorization of [`${others}, ${ours}`, `${ours}, ${others}`]) {
      expect(decide(f.outbound({ proxyAuthorization }), context()).outcome).toBe('route');
    }
  });
});

describe('a wrong answer', () => {
  const textOf = (decision: Decision): string => {
    expect(decision).toMatchObject({ outcome: 'reject', code: 'digest-invalid', status: 403 });
    return decision.outcome === 'reject' ? decision.text : '';
  };

  it('is refused in the same words for wrong password, unknown user and missing list', () => {
    const texts = [
      textOf(answer({ password: 'wrong' })),
      textOf(answer({ username: 'nobody' })),
      textOf(answer({ username: 'x'.repeat(33) })),
      textOf(answer({ algorithm: 'MD5', password: 'wrong' })),
      textOf(answer({ algorithm: 'MD5', qop: false, password: 'wrong' })),
    ];
    expect(new Set(texts).size).toBe(1);
  });

  it('is refused with an expired nonce too, not challenged for ever', () => {
    textOf(answer({ password: 'wrong' }, later(40_000)));
  });

  it('is refused for a response computed over another method', () => {
    const request = f.outbound();
    const proxyAuthorization = f.proxyAuthorization(challenge(), { ...request, method: 'REGISTER' });
    textOf(decide({ ...request, proxyAuthorization }, context()));
  });

  it('never knows the stand-in for unknown users', () => {
    const request = f.outbound();
    const nonce = challenge();
    const header = f.proxyAuthorization(nonce, request, { username: 'nobody' });
    const parsed = parseDigestCredentials(header, f.BASE);
    if (parsed.kind !== 'digest') throw new Error(parsed.kind);
    const response = digestResponse(parsed.credentials, '0'.repeat(64), 'INVITE');
    const proxyAuthorization = header.replace(/response="[^"]*"/, `response="${response}"`);
    textOf(decide({ ...request, proxyAuthorization }, context()));
  });

  it('is refused as replay where nonce and count were used', () => {
    const seen: string[] = [];
    const nonces = { keys: ['key-1'], lifetimeMs: 30_000, isUsed: (key: string) => seen.push(key) > 0 };
    expect(textOf(answer({}, { nonces }))).toContain('replay');
    expect(seen).toEqual([`${challenge()}/00000001`]);
  });
});

describe('a nonce from elsewhere', () => {
  const steal = (request: RequestFacts, victim: RequestFacts): Decision =>
    decide({ ...request, proxyAuthorization: f.proxyAuthorization(challenge(victim), victim) }, context());

  it('is worth nothing for another call or from another address: a new challenge', () => {
    const other = { address: '203.0.113.8', port: 5060, transport: 'udp' } as const;
    expect(steal(f.outbound({ callId: 'other' }), f.outbound()).outcome).toBe('challenge');
    expect(steal(f.outbound({ source: other }), f.outbound()).outcome).toBe('challenge');
  });

  it.each([
    '',
    'x',
    '.',
    'mywpiww0.',
    `${'z'.repeat(11)}.${'A'.repeat(22)}`,
    'é'.repeat(30),
    'a'.repeat(3000),
  ])('is not ours: %j', (nonce) => {
    const proxyAuthorization = f.proxyAuthorization(nonce, f.outbound());
    expect(decide(f.outbound({ proxyAuthorization }), context()).outcome).toBe('challenge');
  });

  it('from the future is expired', () => {
    const proxyAuthorization = f.proxyAuthorization(challenge(f.outbound(), later(60_000)), f.outbound());
    expect(stale(decide(f.outbound({ proxyAuthorization }), context()))).toEqual([true, true]);
  });
});

describe('a header that cannot be used', () => {
  const good = f.proxyAuthorization(challenge(), f.outbound());
  it.each([
    ['no username', good.replace(/username="[^"]*", /, ''), 'username is missing'],
    ['no nonce', good.replace(/nonce="[^"]*", /, ''), 'nonce is missing'],
    ['no response', good.replace(/response="[^"]*", /, ''), 'response is missing'],
    ['a short response', good.replace(/response="../, 'response="'), 'response is no SHA-256'],
    ['a response that is not hex', good.replace(/response="../, 'response="zz'), 'response is no SHA-256'],
    [
      'an MD5 response for SHA-256',
      good.replace(/response="[^"]*"/, `response="${'a'.repeat(32)}"`),
      '64 hex',
    ],
    ['an unknown algorithm', good.replace('SHA-256', 'SHA-512-256'), 'algorithm'],
    ['a session algorithm', good.replace('SHA-256', 'SHA-256-sess'), 'algorithm'],
    ['auth-int', good.replace('qop=auth', 'qop=auth-int'), 'qop'],
    ['SHA-256 without qop', good.replace(/, qop=auth.*/, ''), 'qop is missing'],
    ['no nc', good.replace(/nc=00000001, /, ''), 'nc'],
    ['nc of zero', good.replace('nc=00000001', 'nc=00000000'), 'nc'],
    ['a bad nc', good.replace('nc=00000001', 'nc=1'), 'nc'],
    ['no cnonce', good.replace(/, cnonce="[^"]*"/, ''), 'cnonce is missing'],
    ['a parameter twice', `${good}, realm="example.com"`, 'twice'],
    ['open quotes', good.replace(/"$/, ''), 'never close'],
    ['no commas', good.replaceAll(',', ''), 'comma'],
    ['no parameters', 'Digest x', 'name=value'],
    ['another host', good.replace('@acme', '@evil'), 'differs'],
    ['another user', good.replace('uri="sip:+44', 'uri="sip:+45'), 'differs'],
    ['an address and another user', good.replace(/uri="[^"]*"/, 'uri="sip:+45@198.51.100.1"'), 'differs'],
    ['a uri that is none', good.replace('uri="sip:', 'uri="'), 'no SIP URI'],
    ['too much', `${good}, x="${'a'.repeat(5000)}"`, 'too long'],
  ])('gets 400 for %s', (_, proxyAuthorization, why) => {
    const decision = decide(f.outbound({ proxyAuthorization }), context());
    expect(decision).toMatchObject({ outcome: 'reject', code: 'bad-request', status: 400 });
    expect(decision.outcome === 'reject' ? decision.text : '').toContain(why);
  });

  it.each([
    ['Basic', 'Basic cGJ4OnBieA=='],
    ['another realm', f.proxyAuthorization(challenge(), f.outbound(), { realm: 'other.example' })],
    ['nothing', ''],
  ])('is challenged for %s', (_, proxyAuthorization) => {
    expect(stale(decide(f.outbound({ proxyAuthorization }), context()))).toEqual([false, false]);
  });
});

describe('parseDigestCredentials', () => {
  it('reads quotes, escapes, blanks, any case and any order', () => {
    const header = `  digest  REALM = "r" ,nonce="n",URI="sip:a@b",\tusername="a\\"b, c",response="${'0'.repeat(32)}", opaque=""`;
    expect(parseDigestCredentials(header, 'r')).toEqual({
      kind: 'digest',
      credentials: {
        username: 'a"b, c',
        realm: 'r',
        nonce: 'n',
        uri: 'sip:a@b',
        response: '0'.repeat(32),
        algorithm: 'MD5',
      },
    });
  });
});

describe('assumeUser', () => {
  it('stands in for a password, only where no credentials came, and says so', () => {
    const decision = decide(f.outbound(), context({ assumeUser: f.USER }));
    expect(decision.outcome).toBe('route');
    expect(decision.trace.find(({ check }) => check === 'digest')?.detail).toContain('assumed');
    expect(answer({ password: 'wrong' }, { assumeUser: f.USER })).toMatchObject({ code: 'digest-invalid' });
  });

  it('refuses a user who does not exist', () => {
    expect(decide(f.outbound(), context({ assumeUser: 'nobody' }))).toMatchObject({ code: 'digest-invalid' });
  });
});

describe('NonceLedger', () => {
  it('remembers a use until it expires, and forgets it then', () => {
    const ledger = new NonceLedger();
    const life = 35_000;
    for (let at = 0; at < 600_000; at += 100) {
      ledger.add({ key: String(at), expiresAt: at + life }, at);
      expect(ledger.isUsed(String(at))).toBe(true);
      expect(ledger.isUsed(String(Math.max(0, at - life)))).toBe(true);
    }
    expect(ledger.isUsed('0')).toBe(false);
    expect(ledger.size).toBeLessThanOrEqual((3 * life) / 100);
  });
});
