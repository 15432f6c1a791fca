// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  edge,
  phoneNumber,
  sdp,
  trunk,
  type InviteOptions,
  type Resource,
  type SipPeer,
} from '../src/index.ts';
import {
  backends,
  CALLER,
  offer,
  OriginationStage,
  START_MS,
  STOP_MS,
  type Refusal,
} from './origination.fixture.ts';
import { itRefuses, type RefusedCall } from './termination.fixture.ts';

const CARRIER = '127.0.22.1';
const HOST = '127.0.22.2';
const STRANGER = '127.0.22.3';

const SERVED = '+15550100';
const UNKNOWN = '+15550101';
const SPARE = '+15550102';
const NO_URI = '+15550103';
const OFF = '+15550104';
const SECURE = '+15550105';
const FAR = '+15550106';
const CNAM = '+15550107';
const SUSPENDED = '+15550108';
const CHILD = '+15550109';
const NARROW = '+15550110';
const RECOVERY = '+15550111';
const FORGED = '+15550112';
const SECURE_WITHOUT_URI = '+15550113';

const resources = ({ hostPort }: SipPeer, refuser: SipPeer): Resource[] => {
  const target = `sip:${hostPort}`;
  const far = [`${target};edge=ashburn`, { sipUri: `${target};region=us1`, priority: 2 }];
  return [
    edge('ashburn', 'us1'),
    ...trunk('acme', { acl: [`${HOST}/32`], numbers: [SERVED], targets: [target] }),
    phoneNumber('acme', SPARE),
    ...trunk('bare', { numbers: [NO_URI] }),
    ...trunk('off', { numbers: [OFF], targets: [{ sipUri: target, enabled: false }] }),
    ...trunk('forged', { numbers: [FORGED], targets: [`${target}?From=me`] }),
    ...trunk('secure', { numbers: [SECURE], targets: [target], spec: { secure: true } }),
    ...trunk('secure-bare', { numbers: [SECURE_WITHOUT_URI], spec: { secure: true } }),
    ...trunk('far', { numbers: [FAR], targets: far }),
    ...trunk('cnam', { numbers: [CNAM], targets: [target], spec: { cnamLookup: true } }),
    ...trunk('suspended', { numbers: [SUSPENDED], targets: [target], account: { suspended: true } }),
    ...trunk('child', { numbers: [CHILD], targets: [target], account: { parent: 'suspended' } }),
    ...trunk('narrow', { numbers: [NARROW], targets: [target], spec: { limits: { concurrentCalls: 1 } } }),
    ...trunk('recovery', {
      numbers: [RECOVERY],
      targets: [`sip:503@${refuser.hostPort}`],
      spec: { disasterRecovery: { url: 'https://pbx.example/twiml', method: 'POST' } },
    }),
  ];
};

const NOT_IMPLEMENTED = { line: '501 Not Implemented', code: 'not-implemented' };
const notFound = (text: string): Refusal => ({
  line: '404 Not Found',
  code: 'unknown-number',
  check: 'called-number',
  text,
});
const unavailable = (trunkName: string): Refusal => ({
  line: '480 Temporarily Unavailable',
  code: 'no-origination-uri',
  check: 'origination-route',
  text: `trunk ${trunkName} has no enabled OriginationUri`,
});
const noRoute = (text: string): Refusal => ({ ...NOT_IMPLEMENTED, check: 'origination-route', text });
const notAcceptable: Refusal = {
  line: '488 Not Acceptable Here',
  code: 'media-not-acceptable',
  check: 'media-offer',
};
const suspended: Refusal = { line: '603 Decline', code: 'account-suspended', check: 'account-active' };

/** Calls that no PBX gets to see. */
describe.each(backends)('a call to a number that cannot be delivered, with %s media', (media) => {
  const stage = new OriginationStage();
  let pbx: SipPeer;
  let stranger: SipPeer;

  beforeAll(async () => {
    pbx = await stage.gateway(HOST);
    await stage.open(resources(pbx, await stage.refuser(HOST)), media, CARRIER);
    stranger = await stage.peer(STRANGER);
  }, START_MS);
  afterAll(() => stage.close(), STOP_MS);

  const dialled =
    (to: string, over: Partial<InviteOptions> = {}) =>
    () =>
      stage.dial(to, over);
  const rows: RefusedCall[] = [
    ['an unknown number', dialled(UNKNOWN), notFound(UNKNOWN)],
    ['an unknown number without plus', dialled(UNKNOWN.slice(1)), notFound(UNKNOWN)],
    ['a number of an account that is on no trunk', dialled(SPARE), notFound(SPARE)],
    ['what is no number', dialled('sip:reception@127.0.0.1'), notFound('is no E.164 number')],
    ['a number with a national prefix', dialled('0015550100'), notFound('is no E.164 number')],
    [
      'a Request-URI without user',
      dialled('sip:127.0.0.1', { from: `<sip:${CALLER}@x.example>` }),
      notFound(''),
    ],
    ['a trunk without OriginationUri', dialled(NO_URI), unavailable('bare/bare')],
    ['a trunk whose OriginationUri is switched off', dialled(OFF), unavailable('off/off')],
    ['a trunk whose OriginationUri cannot be read', dialled(FORGED), unavailable('forged/forged')],
    [
      'a secure trunk',
      dialled(SECURE),
      noRoute('trunk secure/secure is secure, and SRTP is not available yet'),
    ],
    [
      'a secure trunk without OriginationUri',
      dialled(SECURE_WITHOUT_URI),
      unavailable('secure-bare/secure-bare'),
    ],
    [
      'a trunk at another edge',
      dialled(FAR),
      noRoute('far/far-uri2: the hand-off to edge ashburn is not available'),
    ],
    [
      'an American caller of a trunk with cnamLookup',
      dialled(CNAM, { from: '+12025550123' }),
      { ...NOT_IMPLEMENTED, check: 'caller-name', text: 'has cnamLookup, which is not available yet' },
    ],
    ['a suspended account', dialled(SUSPENDED), suspended],
    ['an account below a suspended one', dialled(CHILD), suspended],
    [
      'a call that has no hop left',
      dialled(SERVED, { headers: { 'Max-Forwards': '0' } }),
      { line: '483 Too Many Hops', code: 'too-many-hops', check: 'max-forwards' },
    ],
    ['an offer without G.711', dialled(SERVED, { sdp: offer(CARRIER, { formats: [18] }) }), notAcceptable],
    ['SRTP of a carrier', dialled(SERVED, { sdp: offer(CARRIER, { profile: 'RTP/SAVP' }) }), notAcceptable],
    [
      'a stranger that calls a number: that is no carrier',
      () => stranger.invite({ to: SERVED, from: CALLER, sdp: offer() }),
      {
        line: '404 Not Found',
        code: 'unknown-domain',
        check: 'who-is-calling',
        text: `${STRANGER} is no carrier's inbound source`,
      },
    ],
    [
      'a stranger that names the carrier in Via and From',
      () =>
        stranger.invite({
          to: SERVED,
          from: `<sip:${CALLER}@${CARRIER}>`,
          sdp: offer(CARRIER),
          headers: { Via: stranger.newVia().replace(STRANGER, CARRIER), Contact: `<sip:pstn@${CARRIER}>` },
        }),
      { line: '404 Not Found', code: 'unknown-domain', check: 'who-is-calling' },
    ],
    [
      'a stranger that calls a termination domain',
      () => stranger.invite({ to: `sip:${SERVED}@acme.pstn.example.com`, from: CALLER, sdp: offer() }),
      { line: '403 Forbidden', code: 'source-address-denied', check: 'source-address' },
    ],
    [
      'the PBX itself that calls a number',
      async () => {
        const own = await stage.peer(HOST);
        return own.invite({ to: SERVED, from: CALLER, sdp: offer() });
      },
      { line: '404 Not Found', code: 'unknown-domain', check: 'who-is-calling' },
    ],
  ];
  itRefuses(stage, rows);

  it('none of them has reached the PBX', async () => {
    await stage.up.expectIdle();
    expect(pbx.received('INVITE')).toEqual([]);
  }, 30_000);

  it('refuses more calls than concurrentCalls of the trunk, and serves again when one has ended', async () => {
    const first = stage.dial(NARROW);
    await first.answered();
    await stage.refused(stage.dial(NARROW), {
      line: '503 Trunk concurrent call limit exceeded',
      code: 'trunk-concurrent-limit',
      check: 'limits',
    });
    expect((await first.bye()).status).toBe(200);
    await stage.up.expectIdle();
    await stage.delivered(stage.dial(NARROW));
  }, 30_000);

  it('says that disasterRecovery is not available where all URIs have failed', async () => {
    const call = stage.dial(RECOVERY);
    const final = await call.final();
    expect(`${final.status} ${final.reason}`).toBe('501 Not Implemented');
    expect(final.header('Reason')).toContain('disasterRecovery.url is set, which is not available yet');
    expect(await stage.up.record(call.callId)).toMatchObject({
      sipStatus: 501,
      outcomeCode: 'not-implemented',
      attempts: [{ outcome: 'next', status: 503 }],
    });
  });

  it('serves a call without an offer: the PBX makes it', async () => {
    const call = stage.pstn.invite({ to: SERVED, from: CALLER, autoAck: false });
    expect((await call.answered()).body).toContain('m=audio');
    call.ack(sdp({ address: CARRIER, port: 9, formats: [0] }));
    await call.bye();
    expect(await stage.up.record(call.callId)).toMatchObject({
      outcomeCode: 'answered',
      status: 'completed',
    });
  });

  it('has nothing left to do', async () => {
    await stage.up.expectIdle();
  }, 30_000);
});
