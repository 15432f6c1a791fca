// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { PolicyContext } from './context.ts';
import { decide } from './decide.ts';
import type { Decision, DialPlan, RequestFacts } from './decision.ts';
import * as f from './policy.fixture.ts';
import { REJECT_CODES, type RejectCode } from './reject-codes.ts';

/** The names of the checks in the order of DESIGN §4. */
const ORDER = [
  'who-is-calling',
  'account-active',
  'secure-transport',
  'source-address',
  'digest',
  'authentication-configured',
  'max-forwards',
  'called-number',
  'caller-id',
  'trial-destination',
  'limits',
  'media-offer',
  'carrier-route',
];

const names = (decision: Decision): string[] => decision.trace.map(({ check }) => check);

function planOf(decision: Decision): DialPlan {
  if (decision.outcome !== 'route') throw new Error(JSON.stringify(decision));
  return decision.plan;
}

/** The call ends at `check` with `code`: that step is the last, all before it are there and none of them failed. */
function expectReject(decision: Decision, check: string, code: RejectCode): string {
  if (decision.outcome !== 'reject') throw new Error(JSON.stringify(decision));
  expect([decision.code, decision.status, decision.reason]).toEqual([
    code,
    REJECT_CODES[code].status,
    REJECT_CODES[code].reason,
  ]);
  expect(names(decision)).toEqual(ORDER.slice(0, ORDER.indexOf(check) + 1));
  expect(decision.trace.map(({ result }) => result).indexOf('fail')).toBe(decision.trace.length - 1);
  return decision.text;
}

interface Case {
  parts?: f.ConfigParts;
  request?: Partial<RequestFacts>;
  context?: Partial<PolicyContext>;
}

const run = ({ parts, request, context }: Case = {}): Decision =>
  decide(f.outbound(request), f.makeContext(parts, context));

const trunk = (over: Parameters<typeof f.makeTrunk>[0]): f.ConfigParts => ({ trunks: [f.makeTrunk(over)] });
const account = (over: Parameters<typeof f.makeAccount>[0]): f.ConfigParts => ({
  accounts: [f.makeAccount(over)],
});
const from = (address: string): RequestFacts['source'] => ({ address, port: 5060, transport: 'udp' });

describe('a call that every check lets pass', () => {
  const decision = run();

  it('is routed with all checks in the trace, in order', () => {
    expect(names(decision)).toEqual(ORDER);
    expect(decision.trace.map(({ result }) => result)).not.toContain('fail');
    expect(decision).toMatchObject({
      direction: 'termination',
      trunk: { key: 'acme/acme' },
      account: { name: 'acme' },
    });
  });

  it('has a plan', () => {
    expect(planOf(decision)).toMatchObject({
      direction: 'termination',
      calledNumber: f.ABROAD,
      callerId: f.NUMBER,
      diversion: [],
      failover: { answerTimeoutMs: 4000 },
      maxCallDurationSeconds: 86_400,
      media: { customerLeg: 'caller', symmetricRtp: false, secure: false, codecs: [] },
      attempts: [
        {
          target: 'carrier/pstn/192.0.2.10:5060',
          sid: 'CR1',
          requestUri: `sip:${f.ABROAD}@192.0.2.10:5060`,
          transport: 'udp',
        },
      ],
    });
  });

  it('counts against the trunk', () => {
    expect(decision.effects).toEqual({ call: { concurrent: ['trunk/acme/acme'], starts: [] } });
  });
});

describe('who is calling', () => {
  it.each([
    'acme.pstn.example.com',
    'ACME.pstn.ashburn.example.com.',
    'acme.pstn.us1.example.com:5060;transport=udp',
  ])('takes %s for the trunk', (host) => {
    expect(run({ request: { requestUri: `sip:${f.ABROAD}@${host}` } }).outcome).toBe('route');
  });

  it('refuses or drops an unknown domain', () => {
    const request = { requestUri: `sip:${f.ABROAD}@other.pstn.example.com` };
    const decision = run({ request });
    expectReject(decision, 'who-is-calling', 'unknown-domain');
    expect(decision.direction).toBeUndefined();
    expect(run({ request, parts: { unknownDomain: 'drop' } })).toMatchObject({
      outcome: 'drop',
      code: 'unknown-domain',
    });
  });

  it('does not trust From, To or a name that only looks like ours', () => {
    const request = {
      requestUri: `sip:${f.ABROAD}@198.51.100.1`,
      from: `<sip:${f.NUMBER}@acme.pstn.example.com>`,
    };
    expectReject(run({ request }), 'who-is-calling', 'unknown-domain');
  });

  it('refuses a Request-URI that is none, and is silent to strangers where it drops', () => {
    const request = { requestUri: 'sip:a@b@c' };
    expectReject(run({ request }), 'who-is-calling', 'bad-request');
    expect(run({ request, parts: { unknownDomain: 'drop' } }).outcome).toBe('drop');
  });

  it('refuses a tel: URI from a customer as a bad request, since it names no trunk', () => {
    const request = { requestUri: `tel:${f.ABROAD}` };
    expect(expectReject(run({ request }), 'who-is-calling', 'bad-request')).toContain('tel: URI');
    expect(run({ request, parts: { unknownDomain: 'drop' } }).outcome).toBe('drop');
  });
});

describe('check 1, account', () => {
  it('refuses a trunk whose namespace has no account', () => {
    expectReject(run({ parts: { accounts: [] } }), 'account-active', 'account-missing');
  });

  it('refuses a suspended account, before anything else is looked at', () => {
    const decision = run({ parts: account({ suspended: true }), request: { source: from('203.0.113.200') } });
    expectReject(decision, 'account-active', 'account-suspended');
  });

  it('refuses an account below a suspended one', () => {
    const parent = f.makeAccount({ name: 'holding', namespace: 'holding', suspended: true });
    const accounts = [f.makeAccount({ parent: 'holding' }), parent];
    expect(expectReject(run({ parts: { accounts } }), 'account-active', 'account-suspended')).toContain(
      'holding',
    );
  });
});

describe('check 2 and secure trunks', () => {
  it.each(['udp', 'tcp'] as const)('refuses a secure trunk over %s', (transport) => {
    const source = { ...from(f.OFFICE), transport };
    expectReject(
      run({ parts: trunk({ secure: true }), request: { source } }),
      'secure-transport',
      'tls-required',
    );
  });

  it('says over TLS that SRTP is not available yet, after the checks before', () => {
    const parts = trunk({ secure: true });
    const tls = (address: string): Decision =>
      run({ parts, request: { source: { address, port: 5061, transport: 'tls' } } });
    expect(expectReject(tls(f.OFFICE), 'media-offer', 'not-implemented')).toContain('SRTP');
    expectReject(tls('203.0.113.200'), 'source-address', 'source-address-denied');
  });
});

describe('check 3, source address', () => {
  const lists = (...cidrs: string[]): f.ConfigParts =>
    trunk({
      ipAccessControlLists: [
        { key: 'acme/a', sid: 'AL1', cidrs: [] },
        { key: 'acme/b', sid: 'AL2', cidrs },
      ],
    });

  it.each([
    ['203.0.113.7/32', '203.0.113.7'],
    ['203.0.113.0/29', '203.0.113.0'],
    ['203.0.113.0/29', '203.0.113.7'],
    ['2001:db8:1::/48', '2001:db8:1:ffff:ffff:ffff:ffff:ffff'],
    ['2001:db8::7/128', '2001:0db8::0007'],
    ['203.0.113.7/32', '::ffff:203.0.113.7'],
  ])('admits by %s the address %s', (cidr, address) => {
    expect(run({ parts: lists(cidr), request: { source: from(address) } }).outcome).toBe('route');
  });

  it.each([
    ['203.0.113.7/32', '203.0.113.8'],
    ['203.0.113.0/29', '203.0.113.8'],
    ['203.0.113.8/29', '203.0.113.7'],
    ['2001:db8:1::/48', '2001:db8:2::'],
    ['2001:db8:1::/48', '203.0.113.7'],
    ['0.0.0.0/0', '2001:db8::1'],
    ['not a cidr', '203.0.113.7'],
  ])('refuses by %s the address %s', (cidr, address) => {
    const text = expectReject(
      run({ parts: lists(cidr), request: { source: from(address) } }),
      'source-address',
      'source-address-denied',
    );
    expect(text).toContain(address);
    expect(text).not.toContain('acme/b');
  });

  it('refuses everybody where the list is missing', () => {
    expectReject(run({ parts: lists() }), 'source-address', 'source-address-denied');
  });

  it('refuses on the INVITE without digest, where both are asked for', () => {
    const parts = trunk({ credentialLists: ['acme/pbx'] });
    const decision = run({ parts, request: { source: from('203.0.113.200') } });
    expectReject(decision, 'source-address', 'source-address-denied');
  });
});

describe('check 5, some authentication', () => {
  it('refuses a trunk without', () => {
    const parts = trunk({ ipAccessControlLists: [], credentialLists: [] });
    const decision = run({ parts });
    expectReject(decision, 'authentication-configured', 'no-authentication-configured');
    expect(decision.trace.slice(3, 5).map(({ result }) => result)).toEqual(['skip', 'skip']);
  });
});

describe('check 6, Max-Forwards', () => {
  it.each([0, -1, Number.NaN])('refuses %d', (maxForwards) => {
    expectReject(run({ request: { maxForwards } }), 'max-forwards', 'too-many-hops');
  });

  it.each([
    [1, 'warn'],
    [19, 'warn'],
    [20, 'pass'],
    [70, 'pass'],
  ])('serves %d: %s', (maxForwards, result) => {
    const decision = run({ request: { maxForwards } });
    expect(decision.outcome).toBe('route');
    expect(decision.trace.find(({ check }) => check === 'max-forwards')?.result).toBe(result);
  });

  it('serves a call without', () => {
    const request = f.outbound();
    delete request.maxForwards;
    expect(decide(request, f.makeContext()).outcome).toBe('route');
  });
});

describe('check 7, called number', () => {
  const call = (user: string): Decision =>
    run({ request: { requestUri: `sip:${user}@acme.pstn.example.com` } });

  it.each([
    ['442079460123', 'send +442079460123'],
    ['00442079460123', 'send +442079460123'],
    ['+44-20-7946-0123', 'send +442079460123'],
    ['+44(0)2079460123', 'characters other than'],
    ['+0442079460123', 'begins with 0'],
    ['+1234567890123456', '16 digits'],
    ['+1', 'too short'],
    ['+', 'too short'],
    ['alice', 'characters other than'],
    ['+1555FLOWERS', 'characters other than'],
    ['911', 'plus is missing'],
    ['+15550100%0', ''],
    ['+15550100%20', ''],
  ])('refuses %s: %s', (user, why) => {
    const decision = call(user);
    if (user.includes('%')) expectReject(decision, 'who-is-calling', 'bad-request');
    else expect(expectReject(decision, 'called-number', 'invalid-number')).toContain(why);
  });

  it('refuses a Request-URI without user', () => {
    const decision = run({ request: { requestUri: 'sip:acme.pstn.example.com' } });
    expect(expectReject(decision, 'called-number', 'invalid-number')).toContain('empty');
  });

  it.each(['+442079460123', '%2B442079460123', '+442079460123;phone-context=x', '+44'])(
    'takes %s',
    (user) => {
      expect(call(user).outcome).toBe('route');
    },
  );

  it('takes URI parameters for what they are', () => {
    const requestUri = `sip:${f.ABROAD}@acme.pstn.example.com;user=phone;x=+1`;
    expect(planOf(run({ request: { requestUri } })).calledNumber).toBe(f.ABROAD);
  });
});

describe('check 8, caller id', () => {
  const own = `<sip:${f.NUMBER}@pbx.acme.example>`;
  const foreign = '<sip:+15550142@pbx.acme.example>';
  const extension = '"Reception" <sip:1001@pbx.acme.example>;tag=1';

  it.each([
    ['From', { from: own }, f.NUMBER],
    ['From, a verified one', { from: '<sip:+15550177@x.example>' }, '+15550177'],
    ['From before the others', { from: own, remotePartyId: foreign, pAssertedIdentity: foreign }, f.NUMBER],
    [
      'Remote-Party-ID',
      { from: extension, remotePartyId: `${own};party=calling`, pAssertedIdentity: foreign },
      f.NUMBER,
    ],
    ['P-Asserted-Identity', { from: extension, pAssertedIdentity: own }, f.NUMBER],
    [
      'the tel value of P-Asserted-Identity',
      { from: extension, pAssertedIdentity: `<sip:1001@x.example>, <tel:${f.NUMBER}>` },
      f.NUMBER,
    ],
    [
      'P-Asserted-Identity where Remote-Party-ID has no number',
      { from: extension, remotePartyId: extension, pAssertedIdentity: own },
      f.NUMBER,
    ],
    [
      'P-Asserted-Identity for anonymous',
      { from: '<sip:anonymous@anonymous.invalid>', pAssertedIdentity: own },
      f.NUMBER,
    ],
  ])('is taken from %s', (_, request, number) => {
    expect(planOf(run({ request })).callerId).toBe(number);
  });

  it.each([
    ['a foreign number in From', { from: foreign }, '+15550142 (From)'],
    [
      'a foreign number in From, an own one behind it',
      { from: foreign, pAssertedIdentity: own },
      '+15550142 (From)',
    ],
    ['a foreign number in Remote-Party-ID', { from: extension, remotePartyId: foreign }, '(Remote-Party-ID)'],
    [
      'a foreign number in P-Asserted-Identity',
      { from: extension, pAssertedIdentity: foreign },
      '(P-Asserted-Identity)',
    ],
    ['an own number without plus', { from: '<sip:15550100@x.example>' }, 'send +15550100'],
    ['an extension alone', { from: extension }, '"1001"'],
    ['no user', { from: '<sip:pbx.acme.example>' }, 'From has no number'],
    ['a broken From', { from: '"' }, 'From has no number'],
  ])('refuses %s', (_, request, text) => {
    expect(expectReject(run({ request }), 'caller-id', 'invalid-caller-id')).toContain(text);
  });

  it('takes numbers of this account only', () => {
    const other = f.makeAccount({ name: 'other', namespace: 'other', numbers: ['+15550142'] });
    const decision = run({ parts: { accounts: [f.makeAccount(), other] }, request: { from: foreign } });
    expectReject(decision, 'caller-id', 'invalid-caller-id');
  });
});

describe('check 9, trial accounts', () => {
  it('refuses a number that is not verified, even one of their own', () => {
    const parts = account({ type: 'trial' });
    expect(expectReject(run({ parts }), 'trial-destination', 'trial-number-not-verified')).toContain(
      f.ABROAD,
    );
    const requestUri = `sip:${f.NUMBER}@acme.pstn.example.com`;
    expectReject(run({ parts, request: { requestUri } }), 'trial-destination', 'trial-number-not-verified');
  });

  it('lets verified numbers be called', () => {
    expect(run({ parts: account({ type: 'trial', verifiedCallerIds: [f.ABROAD] }) }).outcome).toBe('route');
  });
});

describe('check 10, limits', () => {
  /** So many calls lately and in progress under each key. */
  const state = (
    starts: Record<string, number>,
    concurrent: Record<string, number> = {},
  ): Partial<PolicyContext> => ({
    limits: { startsWithin: (key) => starts[key] ?? 0, concurrent: (key) => concurrent[key] ?? 0 },
  });
  const limited = (limits: { callsPerSecond?: number; concurrentCalls?: number }): f.ConfigParts =>
    trunk({ limits: { maxCallDurationSeconds: 60, ...limits } });

  it('refuses over the rate of the trunk', () => {
    const parts = limited({ callsPerSecond: 5 });
    expect(run({ parts, context: state({ 'trunk/acme/acme': 4 }) }).outcome).toBe('route');
    const text = expectReject(
      run({ parts, context: state({ 'trunk/acme/acme': 5 }) }),
      'limits',
      'trunk-cps-limit',
    );
    expect(text).toContain('Trunk CPS limit exceeded');
  });

  it('refuses over the number of calls of the trunk', () => {
    const parts = limited({ concurrentCalls: 3 });
    expect(run({ parts, context: state({}, { 'trunk/acme/acme': 2 }) }).outcome).toBe('route');
    const over = run({ parts, context: state({}, { 'trunk/acme/acme': 3 }) });
    expect(expectReject(over, 'limits', 'trunk-concurrent-limit')).toContain(
      'Trunk concurrent call limit exceeded',
    );
  });

  it('refuses over the pool of the account, or of a parent', () => {
    const accounts = [
      f.makeAccount({ parent: 'holding', callsPerSecond: 10 }),
      f.makeAccount({ name: 'holding', namespace: 'holding', callsPerSecond: 20 }),
    ];
    const over = (starts: Record<string, number>): string =>
      expectReject(run({ parts: { accounts }, context: state(starts) }), 'limits', 'account-cps-limit');
    expect(over({ 'account/acme': 10 })).toContain('account acme');
    expect(over({ 'account/holding': 20 })).toContain('account holding');
    const passed = run({ parts: { accounts }, context: state({ 'account/acme': 9, 'account/holding': 19 }) });
    expect(passed.effects.call?.starts).toEqual([
      { key: 'account/acme', windowMs: 1000 },
      { key: 'account/holding', windowMs: 1000 },
    ]);
  });

  it('names the trunk first, its rate before its number of calls', () => {
    const parts = {
      ...limited({ callsPerSecond: 1, concurrentCalls: 1 }),
      ...account({ callsPerSecond: 1 }),
    };
    const all = { 'trunk/acme/acme': 1, 'account/acme': 1 };
    expectReject(run({ parts, context: state(all, all) }), 'limits', 'trunk-cps-limit');
    expectReject(
      run({ parts, context: state({ 'account/acme': 1 }, all) }),
      'limits',
      'trunk-concurrent-limit',
    );
  });

  it('counts nothing for a call that fails later', () => {
    const decision = run({ parts: limited({ callsPerSecond: 5 }), request: { sdp: 'v=0\r\n' } });
    expectReject(decision, 'media-offer', 'media-not-acceptable');
    expect(decision.effects.call).toBeUndefined();
  });
});

describe('check 11, the offer', () => {
  const sdp = (...lines: string[]): string => ['v=0', 's=-', 't=0 0', ...lines, ''].join('\r\n');
  const offer = (...lines: string[]): Decision => run({ request: { sdp: sdp(...lines) } });

  it.each([
    ['PCMU', ['m=audio 4000 RTP/AVP 0']],
    ['PCMA', ['m=audio 4000 RTP/AVP 8']],
    ['G.711 after others', ['m=audio 4000 RTP/AVP 18 9 8']],
    ['a dynamic type', ['m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 pcmu/8000/1']],
    ['AVPF', ['m=audio 4000 RTP/AVPF 0']],
    ['a second audio stream', ['m=audio 4000 RTP/AVP 18', 'm=audio 4002 RTP/AVP 0']],
    ['video beside it', ['m=video 4002 RTP/AVP 96', 'a=rtpmap:96 VP8/90000', 'm=audio 4000 RTP/AVP 0']],
    ['a port range', ['m=audio 4000/2 RTP/AVP 0']],
  ])('is taken with %s', (_, lines) => {
    expect(offer(...lines).outcome).toBe('route');
  });

  it.each([
    ['no stream', [], 'no audio'],
    ['video alone', ['m=video 4000 RTP/AVP 0'], 'no audio'],
    ['a refused audio stream', ['m=audio 0 RTP/AVP 0'], 'no audio'],
    ['G.729 alone', ['m=audio 4000 RTP/AVP 18 101'], 'no G.711'],
    ['type 0 mapped to something else', ['m=audio 4000 RTP/AVP 0', 'a=rtpmap:0 opus/48000'], 'no G.711'],
    [
      'a mapping of a type that is not offered',
      ['m=audio 4000 RTP/AVP 18', 'a=rtpmap:97 PCMU/8000'],
      'no G.711',
    ],
    ['wide-band PCMU', ['m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 PCMU/16000'], 'no G.711'],
    ['SAVP', ['m=audio 4000 RTP/SAVP 0', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x'], 'SRTP'],
    ['DTLS', ['m=audio 4000 UDP/TLS/RTP/SAVPF 0', 'a=fingerprint:sha-256 00'], 'SRTP'],
    ['keys on RTP/AVP', ['m=audio 4000 RTP/AVP 0', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x'], 'SRTP'],
    ['SAVP beside AVP', ['m=audio 4000 RTP/AVP 0', 'm=audio 4002 RTP/SAVP 0'], 'SRTP'],
    ['no SDP at all in the text', ['hello'], 'no audio'],
  ])('is refused with %s', (_, lines, why) => {
    expect(expectReject(offer(...lines), 'media-offer', 'media-not-acceptable')).toContain(why);
  });

  it('may be missing: the called side then makes it', () => {
    const request = f.outbound();
    delete request.sdp;
    const decision = decide(request, f.makeContext());
    expect(decision.outcome).toBe('route');
    expect(decision.trace.find(({ check }) => check === 'media-offer')?.detail).toContain('no offer');
  });

  it('may have bare line feeds', () => {
    expect(run({ request: { sdp: f.SDP.replaceAll('\r', '') } }).outcome).toBe('route');
  });
});

describe('check 12, carrier', () => {
  const gateway = { host: 'gw.carrier.example', transport: 'udp', priority: 10, weight: 10 } as const;

  it('refuses a number that no carrier serves', () => {
    expectReject(
      run({ parts: { carriers: [f.makeCarrier({ prefixes: ['+1'] })] } }),
      'carrier-route',
      'no-carrier',
    );
    expectReject(
      run({ parts: { carriers: [f.makeCarrier({ gateways: [] })] } }),
      'carrier-route',
      'no-carrier',
    );
  });

  it('tries the gateways of the longest prefix by priority', () => {
    const carriers = [
      f.makeCarrier(),
      f.makeCarrier({
        name: 'uk',
        sid: 'CR2',
        prefixes: ['+44'],
        hasCredentials: true,
        codecs: ['PCMA'],
        gateways: [
          { ...gateway, host: 'b.example', priority: 20 },
          { ...gateway, host: 'a.example', port: 5080, transport: 'tcp' },
          { ...gateway, host: '2001:db8::5', priority: 30 },
        ],
      }),
    ];
    const plan = planOf(run({ parts: { carriers } }));
    expect(plan.media.codecs).toEqual(['PCMA']);
    expect(plan.attempts).toEqual([
      {
        target: 'carrier/uk/a.example:5080',
        sid: 'CR2',
        requestUri: `sip:${f.ABROAD}@a.example:5080;transport=tcp`,
        transport: 'tcp',
        headers: [],
        carrier: 'uk',
      },
      {
        target: 'carrier/uk/b.example:5060',
        sid: 'CR2',
        requestUri: `sip:${f.ABROAD}@b.example`,
        nextHop: 'sip:b.example;transport=udp',
        transport: 'udp',
        headers: [],
        carrier: 'uk',
      },
      {
        target: 'carrier/uk/[2001:db8::5]:5060',
        sid: 'CR2',
        requestUri: `sip:${f.ABROAD}@[2001:db8::5]`,
        transport: 'udp',
        headers: [],
        carrier: 'uk',
      },
    ]);
  });

  it('calls TLS gateways on port 5061 by default', () => {
    const tls = { ...gateway, host: 'tls.carrier.example', transport: 'tls' as const };
    const [attempt] = planOf(run({ parts: { carriers: [f.makeCarrier({ gateways: [tls] })] } })).attempts;
    expect(attempt).toMatchObject({ target: 'carrier/pstn/tls.carrier.example:5061', transport: 'tls' });
    expect(attempt?.requestUri).toMatch(/@tls\.carrier\.example;transport=tls$/);
  });
});

describe('Diversion of the customer', () => {
  const plan = (...diversion: string[]): DialPlan => planOf(run({ request: { diversion } }));

  it.each([
    '<sip:+15550142@pbx.acme.example>;reason=unconditional',
    '"Desk" <sip:1001@192.0.2.77>',
    '<tel:+15550142>',
    `<sip:${f.NUMBER}@example.com>`,
    `<sip:15550100@ACME.PSTN.example.com.>`,
    '<sip:+15550177@sub.example.com>',
    '<sip:+15550142@notexample.com>',
  ])('passes %s', (value) => {
    expect(plan(value).diversion).toEqual([value]);
  });

  it.each([
    '<sip:+15550142@example.com>',
    '<sip:+15550142@acme.pstn.EXAMPLE.com.>;reason=no-answer',
    '<sips:alice@example.com:5061>',
    '<sip:example.com>',
    '"x" <sip:+15550142@example.com',
  ])('removes %s', (value) => {
    const decision = run({ request: { diversion: [value] } });
    expect(planOf(decision).diversion).toEqual([]);
    expect(decision.trace.find(({ check }) => check === 'diversion')?.result).toBe('warn');
  });

  it('judges each value of a list by itself and keeps their order', () => {
    const [a, b, c] = ['<sip:1@x.example>', '<sip:+15550142@example.com>', '<sip:2@y.example>'];
    expect(plan(`${a}, ${b}`, c).diversion).toEqual([a, c]);
  });
});

describe('settings that are accepted and not served yet', () => {
  it('notes that a recorded trunk is not recorded', () => {
    const decision = run({
      parts: trunk({ recording: { mode: 'record-from-answer', trim: 'do-not-trim' } }),
    });
    expect(decision.outcome).toBe('route');
    expect(decision.trace.at(-1)).toMatchObject({ check: 'recording', result: 'warn' });
  });
});
