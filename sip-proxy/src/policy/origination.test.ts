// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { ALLOW, decide } from './decide.ts';
import type { Decision, DialPlan, RequestFacts } from './decision.ts';
import * as f from './policy.fixture.ts';
import type { RejectCode } from './reject-codes.ts';

const run = (parts?: f.ConfigParts, request?: Partial<RequestFacts>): Decision =>
  decide(f.inbound(request), f.makeContext(parts));
const trunk = (over: Parameters<typeof f.makeTrunk>[0]): f.ConfigParts => ({ trunks: [f.makeTrunk(over)] });
const targets = (...list: Parameters<typeof f.makeTarget>[0][]): f.ConfigParts =>
  trunk({ originationTargets: list.map((over) => f.makeTarget(over)) });

function planOf(decision: Decision): DialPlan {
  if (decision.outcome !== 'route') throw new Error(JSON.stringify(decision));
  return decision.plan;
}

function expectReject(decision: Decision, check: string, code: RejectCode): string {
  if (decision.outcome !== 'reject') throw new Error(JSON.stringify(decision));
  expect([decision.trace.at(-1)?.check, decision.code]).toEqual([check, code]);
  return decision.text;
}

describe('a call that every check lets pass', () => {
  it('is routed with all checks in the trace', () => {
    const decision = run();
    expect(decision.trace.map(({ check }) => check)).toEqual([
      'who-is-calling',
      'called-number',
      'account-active',
      'max-forwards',
      'caller-name',
      'limits',
      'media-offer',
      'origination-route',
    ]);
    expect(decision).toMatchObject({
      direction: 'origination',
      trunk: { key: 'acme/acme' },
      account: { name: 'acme' },
    });
    expect(decision.effects).toEqual({ call: { concurrent: ['trunk/acme/acme'], starts: [] } });
  });

  it('has a plan', () => {
    expect(planOf(run(trunk({ symmetricRtp: true })))).toMatchObject({
      direction: 'origination',
      calledNumber: f.NUMBER,
      callerId: '+15550155',
      diversion: [`<sip:${f.NUMBER}@example.com>`],
      media: { customerLeg: 'callee', symmetricRtp: true, secure: false, codecs: [] },
      attempts: [
        {
          target: 'acme/pbx1',
          sid: 'OU1',
          requestUri: `sip:${f.NUMBER}@pbx1.acme.example;transport=tcp`,
          transport: 'tcp',
          headers: [],
        },
      ],
    });
  });
});

describe('who is calling', () => {
  it('is a carrier by its source alone, even where it calls a termination domain', () => {
    const decision = run({}, { requestUri: `sip:${f.NUMBER}@acme.pstn.example.com` });
    expect(decision.direction).toBe('origination');
  });

  it('is a carrier at any edge of its sources', () => {
    const at = (address: string): string | undefined =>
      run({}, { source: { address, port: 5060, transport: 'tcp' } }).direction;
    expect(['192.0.2.0', '192.0.2.15', '::ffff:192.0.2.15', '192.0.2.16'].map(at)).toEqual([
      'origination',
      'origination',
      'origination',
      undefined,
    ]);
  });

  it('gets an answer to a bad Request-URI even where strangers get none', () => {
    expectReject(run({ unknownDomain: 'drop' }, { requestUri: 'x' }), 'who-is-calling', 'bad-request');
  });
});

describe('called number', () => {
  it.each([f.NUMBER, '15550100', '%2B15550100', '15550100;npdi'])('takes %s', (user) => {
    expect(planOf(run({}, { requestUri: `sip:${user}@198.51.100.1` })).calledNumber).toBe(f.NUMBER);
  });

  it.each([
    ['+15550142', 'no number of any account'],
    ['+15550199', 'is on no trunk'],
    ['0015550100', 'no E.164'],
    ['alice', 'no E.164'],
    ['', 'no E.164'],
  ])('refuses %j: %s', (user, why) => {
    const requestUri = user === '' ? 'sip:198.51.100.1' : `sip:${user}@198.51.100.1`;
    const decision = run({}, { requestUri });
    expect(expectReject(decision, 'called-number', 'unknown-number')).toContain(why);
    expect(decision.direction).toBe('origination');
  });
});

describe('caller id', () => {
  it.each([
    ['<sip:+15550155@c.example>', '+15550155'],
    ['<sip:15550155@c.example>', '15550155'],
    ['"Anonymous" <sip:anonymous@anonymous.invalid>', 'anonymous'],
    ['<sip:c.example>', 'anonymous'],
    ['', 'anonymous'],
  ])('of %s is %s', (from, callerId) => {
    expect(planOf(run({}, { from })).callerId).toBe(callerId);
  });
});

describe('the checks of account, hops, limits and offer', () => {
  it('refuse', () => {
    expectReject(run({ accounts: [] }), 'account-active', 'account-missing');
    expectReject(
      run({ accounts: [f.makeAccount({ suspended: true })] }),
      'account-active',
      'account-suspended',
    );
    expectReject(run({}, { maxForwards: 0 }), 'max-forwards', 'too-many-hops');
    expectReject(run({}, { sdp: 'm=audio 4000 RTP/AVP 18' }), 'media-offer', 'media-not-acceptable');
  });

  it('refuse over the number of calls, never over a rate', () => {
    const limits = { callsPerSecond: 1, concurrentCalls: 2, maxCallDurationSeconds: 60 };
    const at = (concurrent: number): Decision =>
      decide(
        f.inbound(),
        f.makeContext(trunk({ limits }), {
          limits: { startsWithin: () => 100, concurrent: () => concurrent },
        }),
      );
    expect(at(1).outcome).toBe('route');
    expectReject(at(2), 'limits', 'trunk-concurrent-limit');
  });
});

describe('targets', () => {
  it('keep a configured user part, and fill in the dialled number otherwise', () => {
    const uris = planOf(run(targets({ user: 'anniebp' }, { priority: 20 }))).attempts.map(
      ({ requestUri }) => requestUri,
    );
    expect(uris).toEqual([
      'sip:anniebp@pbx1.acme.example;transport=tcp',
      `sip:${f.NUMBER}@pbx1.acme.example;transport=tcp`,
    ]);
  });

  it.each([
    [{ host: '203.0.113.9', transport: 'udp' }, `sip:${f.NUMBER}@203.0.113.9`, undefined],
    [{ host: '203.0.113.9', port: 5080, transport: 'udp' }, `sip:${f.NUMBER}@203.0.113.9:5080`, undefined],
    [{ host: '2001:db8::9', transport: 'tcp' }, `sip:${f.NUMBER}@[2001:db8::9];transport=tcp`, undefined],
    [
      { host: 'pbx.example', port: 5070, transport: 'udp' },
      `sip:${f.NUMBER}@pbx.example:5070`,
      'sip:pbx.example:5070;transport=udp',
    ],
    [
      { host: 'pbx.example', user: 'a b@c', transport: 'tcp' },
      'sip:a%20b%40c@pbx.example;transport=tcp',
      undefined,
    ],
  ] as const)('%j becomes %s', (over, requestUri, nextHop) => {
    const [attempt] = planOf(run(targets(over))).attempts;
    expect([attempt?.requestUri, attempt?.nextHop]).toEqual([requestUri, nextHop]);
  });

  it('carry their X- headers', () => {
    const headers = [{ name: 'X-site', value: 'a' }];
    expect(planOf(run(targets({ headers }))).attempts[0]?.headers).toEqual(headers);
  });

  it('come in ascending priority', () => {
    const plan = planOf(
      run(targets({ key: 'a/c', priority: 30 }, { key: 'a/a', priority: 5 }, { key: 'a/b', priority: 10 })),
    );
    expect(plan.attempts.map(({ target }) => target)).toEqual(['a/a', 'a/b', 'a/c']);
  });

  it('begin by weight over many calls: 1,000 over 60/20/20 within three standard deviations', () => {
    const random = f.seededRandom(20);
    const context = f.makeContext(
      targets({ key: 'a', weight: 60 }, { key: 'b', weight: 20 }, { key: 'c', weight: 20 }),
      { random },
    );
    const firsts = Array.from(
      { length: 1000 },
      () => planOf(decide(f.inbound(), context)).attempts[0]?.target,
    );
    const count = (key: string): number => firsts.filter((first) => first === key).length;
    expect(Math.abs(count('a') - 600)).toBeLessThanOrEqual(3 * Math.sqrt(1000 * 0.6 * 0.4));
    expect(Math.abs(count('b') - 200)).toBeLessThanOrEqual(3 * Math.sqrt(1000 * 0.2 * 0.8));
    expect(Math.abs(count('c') - 200)).toBeLessThanOrEqual(3 * Math.sqrt(1000 * 0.2 * 0.8));
  });

  it('refuse a trunk without any', () => {
    expectReject(run(targets()), 'origination-route', 'no-origination-uri');
  });
});

describe('settings that are accepted and not served yet', () => {
  it.each([['edge dublin', { edge: 'dublin' }]] as const)(
    'a target that needs %s is left out with a warning, or the call ends with 501',
    (why, over) => {
      const mixed = run(targets({ ...over, key: 'acme/other' }, {}));
      expect(planOf(mixed).attempts.map(({ target }) => target)).toEqual(['acme/pbx1']);
      expect(mixed.trace.at(-1)).toMatchObject({ check: 'origination-route', result: 'warn' });
      expect(mixed.trace.at(-1)?.detail).toContain(why);
      expect(expectReject(run(targets(over)), 'origination-route', 'not-implemented')).toContain(why);
    },
  );

  it('a secure trunk ends its calls with 501: nothing goes out unencrypted', () => {
    const secure = run({ ...targets({ transport: 'tls' }), ...trunk({ secure: true }) });
    expect(expectReject(secure, 'origination-route', 'not-implemented')).toContain('SRTP');
  });

  it('a target of our own edge is served', () => {
    expect(run(targets({ edge: 'ashburn' })).outcome).toBe('route');
  });

  it('cnamLookup ends calls of US and Canadian numbers with 501, and no others', () => {
    const nanp = { from: '<sip:+12025550155@c.example>' };
    expect(expectReject(run(trunk({ cnamLookup: true }), nanp), 'caller-name', 'not-implemented')).toContain(
      'cnamLookup',
    );
    expect(run({}, nanp).outcome).toBe('route');
    expect(run(trunk({ cnamLookup: true }), { from: '<sip:+442079460123@c.example>' }).outcome).toBe('route');
  });

  it('disasterRecovery alone harms no call', () => {
    const disasterRecovery = { url: 'https://dr.example.com/', method: 'POST' } as const;
    expect(run(trunk({ disasterRecovery })).outcome).toBe('route');
  });
});

describe('OPTIONS', () => {
  const options = (over: Partial<RequestFacts> = {}, parts?: f.ConfigParts, allows = true): Decision =>
    decide(
      f.outbound({ method: 'OPTIONS', ...over }),
      f.makeContext(parts, { options: { allows: () => allows } }),
    );

  it.each(['sip:acme.pstn.example.com', 'sip:acme.pstn.ashburn.example.com', 'sip:x@acme.pstn.example.com'])(
    'to %s is answered without authentication, and counted',
    (requestUri) => {
      const source = { address: '198.51.100.200', port: 5060, transport: 'udp' } as const;
      const decision = options({ requestUri, source });
      expect(decision).toMatchObject({
        outcome: 'answer-options',
        status: 200,
        effects: { optionsFrom: '198.51.100.200' },
      });
    },
  );

  it('to anything else is refused, or dropped', () => {
    const requestUri = 'sip:198.51.100.1';
    expect(options({ requestUri })).toMatchObject({
      outcome: 'reject',
      code: 'unknown-domain',
      effects: { optionsFrom: f.OFFICE },
    });
    expect(options({ requestUri }, { unknownDomain: 'drop' })).toMatchObject({
      outcome: 'drop',
      code: 'unknown-domain',
    });
  });

  it('that come too often get no answer', () => {
    expect(options({}, {}, false)).toMatchObject({ outcome: 'drop', code: 'options-rate-limit' });
  });

  it('of a carrier are answered whatever their address and rate', () => {
    const decision = options(
      { ...f.inbound(), method: 'OPTIONS', requestUri: 'sip:198.51.100.1' },
      {},
      false,
    );
    expect(decision).toMatchObject({ outcome: 'answer-options', effects: {} });
  });
});

describe('REGISTER', () => {
  it('is refused with Allow', () => {
    const decision = decide(
      f.outbound({ method: 'REGISTER', requestUri: 'sip:198.51.100.1' }),
      f.makeContext(),
    );
    expect(decision).toMatchObject({
      outcome: 'reject',
      code: 'method-not-allowed',
      status: 405,
      headers: [{ name: 'Allow', value: ALLOW }],
    });
  });

  it('gets no answer where strangers get none', () => {
    const register = (host: string): Decision =>
      decide(
        f.outbound({ method: 'REGISTER', requestUri: `sip:${host}` }),
        f.makeContext({ unknownDomain: 'drop' }),
      );
    expect(register('198.51.100.1').outcome).toBe('drop');
    expect(register('acme.pstn.example.com')).toMatchObject({ code: 'method-not-allowed' });
  });
});
