// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  carrier,
  outgoingCallerId,
  phoneNumber,
  runSipp,
  tagOf,
  trunk,
  uriOf,
  type HeaderChanges,
  type Resource,
  type SipPeer,
} from '../src/index.ts';
import {
  backends,
  CALLED,
  domainOf,
  itRefuses,
  offer,
  Stage,
  START_MS,
  STOP_MS,
  type Refusal,
} from './termination.fixture.ts';

const NUMBER = '+15550100';
/** A number of the account that is on no trunk. */
const SPARE = '+15550101';
const VERIFIED = '+442079460150';
const UNVERIFIED = '+442079460151';
const FOREIGN = '+15550109';
const TRIAL_NUMBER = '+15550120';
const FRIEND = '+442079460160';
const PBX = '127.0.7.1';
const acl = [`${PBX}/32`];

const sibling = (name: string, namespace: string, limits: Record<string, unknown> = {}): Resource[] =>
  trunk(name, { namespace, account: null, acl, spec: { limits } });

const resources = (pstn: SipPeer, london: SipPeer, number: SipPeer): Resource[] => [
  carrier('pstn', [{ host: pstn.address, port: pstn.port }], { prefixes: ['+1555', '+442'] }),
  carrier('london', [{ host: london.address, port: london.port }], { prefixes: ['+4420794601'] }),
  carrier('exact', [{ host: number.address, port: number.port }], { prefixes: ['+442079460199'] }),
  carrier('closed', [{ host: '127.0.0.2', port: 9, enabled: false }], { prefixes: ['+4477'] }),
  ...trunk('acme', { acl, numbers: [NUMBER], callerIds: [VERIFIED] }),
  phoneNumber('acme', SPARE),
  outgoingCallerId('acme', UNVERIFIED, false),
  ...trunk('globex', { acl, numbers: [FOREIGN] }),
  ...trunk('trial', { acl, numbers: [TRIAL_NUMBER], callerIds: [FRIEND], account: { type: 'trial' } }),
  ...sibling('slow', 'acme', { callsPerSecond: 1 }),
  ...sibling('steady', 'acme', { callsPerSecond: 5 }),
  ...sibling('narrow', 'acme', { concurrentCalls: 1 }),
  ...trunk('pool', { acl, numbers: ['+15550130'], account: { callsPerSecond: 1 } }),
  ...sibling('pool2', 'pool'),
  ...trunk('below', { acl, numbers: ['+15550131'], account: { parent: 'pool' } }),
];

const refusal = (line: string, code: string, check: string): Refusal => ({ line, code, check });
const invalidNumber = refusal('400 Bad Request', 'invalid-number', 'called-number');
const invalidCallerId = refusal('403 Invalid Caller ID', 'invalid-caller-id', 'caller-id');
const notAcceptable = refusal('488 Not Acceptable Here', 'media-not-acceptable', 'media-offer');
const noCarrier = refusal('404 Not Found', 'no-carrier', 'carrier-route');
const trunkCps = refusal('503 Trunk CPS limit exceeded', 'trunk-cps-limit', 'limits');
const trunkFull = refusal('503 Trunk concurrent call limit exceeded', 'trunk-concurrent-limit', 'limits');
const accountCps = refusal('503 Account CPS limit exceeded', 'account-cps-limit', 'limits');

/** Checks 6 to 12 of DESIGN §4, and what reaches the carrier. */
describe.each(backends)('what may be called, with %s media', (media) => {
  const stage = new Stage();
  let pbx: SipPeer;
  let pstn: SipPeer;
  let london: SipPeer;
  let exact: SipPeer;

  beforeAll(async () => {
    [pstn, london, exact] = [
      await stage.gateway(),
      await stage.gateway('127.0.0.4'),
      await stage.gateway('127.0.0.5'),
    ];
    await stage.start(resources(pstn, london, exact), media);
    pbx = await stage.peer(PBX);
  }, START_MS);
  afterAll(() => stage.close(), STOP_MS);

  /** A call through trunk acme. */
  const call = (headers: HeaderChanges = {}, from = NUMBER) => stage.call(pbx, 'acme', { from, headers });
  const called = (uri: string) => pbx.invite({ to: uri, from: NUMBER, sdp: offer() });
  const lastInvite = (peer: SipPeer) => {
    const invite = peer.received('INVITE').at(-1);
    if (invite) return invite;
    throw new Error('no INVITE came');
  };

  describe('Max-Forwards', () => {
    it('0 is refused', async () => {
      const tooMany = refusal('483 Too Many Hops', 'too-many-hops', 'max-forwards');
      await stage.refused(call({ 'Max-Forwards': '0' }), tooMany);
    });

    it.each([
      ['1', 'warn'],
      ['10', 'warn'],
      ['19', 'warn'],
      ['20', 'pass'],
    ])('%s is served, one less is sent on: %s', async (hops, result) => {
      const record = await stage.carried(call({ 'Max-Forwards': hops }));
      expect(record.trace.find(({ check }) => check === 'max-forwards')?.result).toBe(result);
      expect(record.warnings.filter((text) => text.includes('Max-Forwards'))).toHaveLength(
        result === 'warn' ? 1 : 0,
      );
      expect(lastInvite(london).header('Max-Forwards')).toBe(`${Number(hops) - 1}`);
    });
  });

  describe('the called number', () => {
    const at = `@${domainOf('acme')}`;
    const wrongForms: [string, string, string][] = [
      ['without plus', `sip:442079460123${at}`, 'the plus is missing: send +442079460123'],
      ['with 00', `sip:00442079460123${at}`, 'send +442079460123'],
      ['with 011', `sip:011442079460123${at}`, 'not E.164'],
      ['with a leading zero', `sip:+0442079460123${at}`, 'no country code begins with 0'],
      ['national', `sip:02079460123${at}`, 'not E.164'],
      ['letters', `sip:+44bob${at}`, 'characters other than a plus and digits'],
      ['a name', `sip:reception${at}`, 'not E.164'],
      ['separators', `sip:+44-20-7946-0123${at}`, 'separators: send +442079460123'],
      ['16 digits', `sip:+4420794601234567${at}`, '16 digits, E.164 allows 15'],
      ['one digit', `sip:+1${at}`, 'too short'],
      ['a plus alone', `sip:+${at}`, 'not E.164'],
      ['two pluses', `sip:++442079460123${at}`, 'not E.164'],
      ['no user', `sip:${domainOf('acme')}`, 'it is empty'],
      ['tel: as user', `sip:tel:+442079460123${at}`, 'not E.164'],
    ];
    itRefuses(
      stage,
      wrongForms.map(([name, uri, text]) => [name, () => called(uri), { ...invalidNumber, text }]),
    );

    it.each([
      ['15 digits', `sip:+442079460123456${at}`, '+442079460123456'],
      ['user=phone', `sip:${CALLED}${at};user=phone`, CALLED],
      ['an escaped plus', `sip:%2B442079460123${at}`, CALLED],
      ['user parameters', `sip:${CALLED};phone-context=x${at}`, CALLED],
    ])('is served: %s', async (_, uri, number) => {
      expect((await stage.carried(called(uri))).to).toBe(number);
      expect(lastInvite(london).uri).toBe(`sip:${number}@${london.hostPort}`);
    });

    it('in a tel: URI names no trunk, and is refused', async () => {
      await stage.refused(called(`tel:${CALLED}`), {
        line: '400 Bad Request',
        code: 'bad-request',
        check: 'who-is-calling',
        text: 'tel:',
      });
    });
  });

  describe('the caller id', () => {
    const anonymous = `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1`;
    const extension = `<sip:1001@${domainOf('acme')}>;tag=1`;
    const named = `"Reception, Desk 1" <sip:${NUMBER}@${domainOf('acme')}>;tag=1`;
    const rpid = (number: string) => `"Desk" <sip:${number}@pbx.example>;party=calling;screen=yes`;
    const accepted: [string, HeaderChanges, string, string][] = [
      ['a number of the trunk in From', {}, NUMBER, 'From'],
      ['with a display name', { From: named }, NUMBER, 'From'],
      ['from another host', { From: `<sip:${NUMBER}@pbx.example;user=phone>;tag=1` }, NUMBER, 'From'],
      ['as tel:', { From: `<tel:${NUMBER}>;tag=1` }, NUMBER, 'From'],
      ['a number that is on no trunk', { From: `<sip:${SPARE}@pbx.example>;tag=1` }, SPARE, 'From'],
      ['a verified OutgoingCallerId', { From: `<sip:${VERIFIED}@x.example>;tag=1` }, VERIFIED, 'From'],
      [
        'in Remote-Party-ID where From has none',
        {
          From: extension,
          'Remote-Party-ID': rpid(NUMBER),
          'P-Asserted-Identity': `<sip:${SPARE}@x.example>`,
        },
        NUMBER,
        'Remote-Party-ID',
      ],
      [
        'in P-Asserted-Identity where From has none',
        { From: anonymous, 'P-Asserted-Identity': `"Desk" <sip:${SPARE}@pbx.example>` },
        SPARE,
        'P-Asserted-Identity',
      ],
      [
        'in the second P-Asserted-Identity',
        { From: anonymous, 'P-Asserted-Identity': [`<sip:1001@pbx.example>, <tel:${VERIFIED}>`] },
        VERIFIED,
        'P-Asserted-Identity',
      ],
    ];
    it.each(accepted)('is taken: %s', async (_, headers, number, header) => {
      const record = await stage.carried(call(headers));
      expect(record.from).toBe(number);
      const step = record.trace.find(({ check }) => check === 'caller-id');
      expect(step).toMatchObject({
        result: 'pass',
        detail: expect.stringContaining(`${number} (${header})`),
      });
      const invite = lastInvite(london);
      expect(uriOf(invite.header('From'))).toMatch(new RegExp(`^sip:\\${number}@`));
      expect(uriOf(invite.header('P-Asserted-Identity'))).toMatch(new RegExp(`^sip:\\${number}@`));
      expect(invite.all('Remote-Party-ID')).toEqual([]);
      expect(tagOf(invite.header('From'))).not.toBe('1');
    });

    const refusedIds: [string, HeaderChanges, string][] = [
      ['a number of another account', { From: `<sip:${FOREIGN}@x.example>;tag=1` }, FOREIGN],
      ['a number of nobody', { From: '<sip:+15550199@x.example>;tag=1' }, '+15550199'],
      ['an unverified OutgoingCallerId', { From: `<sip:${UNVERIFIED}@x.example>;tag=1` }, UNVERIFIED],
      [
        'a foreign From, although P-Asserted-Identity is ours',
        { From: `<sip:${FOREIGN}@x.example>;tag=1`, 'P-Asserted-Identity': `<sip:${NUMBER}@x.example>` },
        FOREIGN,
      ],
      [
        'a foreign Remote-Party-ID',
        { From: extension, 'Remote-Party-ID': rpid(FOREIGN) },
        `${FOREIGN} (Remote-Party-ID)`,
      ],
      [
        'a foreign P-Asserted-Identity',
        { From: anonymous, 'P-Asserted-Identity': `<sip:${FOREIGN}@x.example>` },
        `${FOREIGN} (P-Asserted-Identity)`,
      ],
      ['none at all', { From: anonymous }, 'no caller id'],
      ['our number without plus', { From: `<sip:15550100@x.example>;tag=1` }, 'the plus is missing'],
      ['our number as display name only', { From: `"${NUMBER}" <sip:1001@x.example>;tag=1` }, '1001'],
    ];
    itRefuses(
      stage,
      refusedIds.map(([name, headers, text]) => [name, () => call(headers), { ...invalidCallerId, text }]),
    );
  });

  describe('a trial account', () => {
    const place = (number: string) =>
      pbx.invite({ to: `sip:${number}@${domainOf('trial')}`, from: TRIAL_NUMBER, sdp: offer() });

    it('may call a number that it has verified', async () => {
      const record = await stage.carried(place(FRIEND));
      expect(record.trace.find(({ check }) => check === 'trial-destination')?.result).toBe('pass');
    });

    it.each([CALLED, TRIAL_NUMBER, VERIFIED])('may not call %s', async (number) => {
      const notVerified = refusal('403 Forbidden', 'trial-number-not-verified', 'trial-destination');
      await stage.refused(place(number), { ...notVerified, text: number });
    });
  });

  describe('limits', () => {
    it('of calls per second of the trunk', async () => {
      const [first, second] = [0, 1].map(() => stage.call(pbx, 'slow', { from: NUMBER }));
      await stage.refused(second!, { ...trunkCps, text: 'acme/slow' });
      await stage.carried(first!);
    });

    it('of calls per second against SIPp: never more in any second, and the rest get 503', async () => {
      const result = await runSipp({
        scenario: 'uac-plain',
        address: PBX,
        target: stage.up.sip,
        keys: { to: CALLED, from: NUMBER, domain: domainOf('steady') },
        calls: 20,
        rate: 20,
      });
      await stage.up.expectIdle();
      expect(result.successful + result.failed).toBe(20);
      expect(result.errors).toContain('503 Trunk CPS limit exceeded');
      const records = await stage.up.calls({ trunk: 'acme/steady' });
      expect(records).toHaveLength(20);
      const begun = records
        .filter(({ outcomeCode }) => outcomeCode === 'answered')
        .map(({ startedAt }) => Date.parse(startedAt))
        .sort((a, b) => a - b);
      expect(begun.length).toBe(result.successful);
      expect(begun.length).toBeGreaterThanOrEqual(5);
      // The sixth begins a second after the first, and so on.
      const gaps = begun.slice(5).map((at, index) => at - (begun[index] ?? 0));
      expect(Math.min(1_000, ...gaps)).toBe(1_000);
      expect(records.filter(({ outcomeCode }) => outcomeCode === 'trunk-cps-limit')).toHaveLength(
        20 - begun.length,
      );
    }, 60_000);

    it('of calls at one time of the trunk, until one ends', async () => {
      const place = () => stage.call(pbx, 'narrow', { from: NUMBER });
      const first = place();
      await first.answered();
      await stage.refused(place(), { ...trunkFull, text: 'acme/narrow' });
      await first.bye();
      await stage.up.record(first.callId);
      await stage.carried(place());
    });

    it('of calls at one time: a call that is refused or given up counts no longer', async () => {
      const place = (to = CALLED) =>
        pbx.invite({ to: `sip:${to}@${domainOf('narrow')}`, from: NUMBER, sdp: offer() });
      await stage.refused(place('+447700900123'), noCarrier);
      london.onInvite = (incoming) => {
        incoming.ring();
      };
      const ringing = place();
      await ringing.response(180);
      await stage.refused(place(), trunkFull);
      await ringing.cancel();
      expect((await stage.up.record(ringing.callId)).outcomeCode).toBe('caller-cancelled');
      london.onInvite = async (incoming) => {
        await incoming.answer(offer('127.0.0.4'));
      };
      await stage.carried(place());
    });

    it('of calls per second of the account, over its trunks and the accounts below it', async () => {
      const first = stage.call(pbx, 'pool', { from: '+15550130' });
      const others = [
        stage.call(pbx, 'pool2', { from: '+15550130' }),
        stage.call(pbx, 'below', { from: '+15550131' }),
      ];
      for (const other of others) await stage.refused(other, { ...accountCps, text: 'account pool' });
      await stage.carried(first);
    });
  });

  describe('the offer', () => {
    const crypto = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj';
    const fingerprint = `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`;
    const offers: [string, string, string][] = [
      ['without G.711', offer(PBX, { formats: [9, 18, 101] }), 'no G.711'],
      ['of telephone-event alone', offer(PBX, { formats: [101] }), 'no G.711'],
      ['of SRTP', offer(PBX, { profile: 'RTP/SAVP', lines: [crypto] }), 'SRTP'],
      ['of SRTP under RTP/AVP', offer(PBX, { lines: [crypto] }), 'SRTP'],
      ['of DTLS-SRTP', offer(PBX, { profile: 'UDP/TLS/RTP/SAVPF', lines: [fingerprint] }), 'SRTP'],
      [
        'without audio',
        offer()
          .replace('m=audio 9 RTP/AVP', 'm=image 9 udptl')
          .replace(/\d+ 8 101/, 't38'),
        'audio',
      ],
      ['of audio that is off', offer(PBX, { port: 0 }), 'audio'],
    ];
    itRefuses(
      stage,
      offers.map(([name, sdp, text]) => [
        name,
        () => stage.call(pbx, 'acme', { from: NUMBER, sdp }),
        { ...notAcceptable, text },
      ]),
    );

    it.each([
      ['PCMU alone', offer(PBX, { formats: [0] })],
      ['PCMA alone', offer(PBX, { formats: [8] })],
      ['G.711 after others', offer(PBX, { formats: [9, 18, 8, 101] })],
      ['PCMU under another number', offer(PBX, { formats: [97], lines: ['a=rtpmap:97 PCMU/8000'] })],
    ])('of %s is served', async (_, sdp) => {
      if (sdp.includes('97')) london.onInvite = (incoming) => void incoming.answer(sdp);
      await stage.carried(stage.call(pbx, 'acme', { from: NUMBER, sdp }));
      london.onInvite = async (incoming) => {
        await incoming.answer(offer('127.0.0.4'));
      };
    });
  });

  describe('the carrier', () => {
    it.each([
      ['+15550111', 'pstn', () => pstn],
      ['+442079460023', 'pstn', () => pstn],
      [CALLED, 'london', () => london],
      ['+442079460199', 'exact', () => exact],
      ['+442079460198', 'london', () => london],
    ])('of the longest prefix takes the call: %s by %s', async (number, name, peer) => {
      const record = await stage.carried(called(`sip:${number}@${domainOf('acme')}`));
      const { hostPort } = peer();
      expect(record.attempts).toMatchObject([
        { target: `carrier/${name}/${hostPort}`, uri: `sip:${number}@${hostPort}`, outcome: 'answered' },
      ]);
      expect(lastInvite(peer()).uri).toBe(`sip:${number}@${hostPort}`);
    });

    it.each([
      ['no carrier serves', '+12015550100', 'no carrier has a prefix'],
      ['a carrier without enabled gateway serves', '+447700900123', 'no enabled gateway'],
    ])('is missing where %s the number', async (_, number, text) => {
      await stage.refused(called(`sip:${number}@${domainOf('acme')}`), { ...noCarrier, text });
    });
  });

  describe('Diversion', () => {
    const ours = `<sip:${SPARE}@${domainOf('acme')}>;reason=unconditional`;
    const verified = `<sip:${VERIFIED}@example.com>;reason=no-answer;counter=1`;
    const elsewhere = '"Sales" <sip:+442079460170@pbx.example>;reason=user-busy';
    const notOurs = `<sip:${FOREIGN}@${domainOf('acme')}>;reason=unconditional`;
    const extension = '<sip:1001@pstn.example.com>;reason=unconditional';
    const diversions: [string, string | string[], string, number][] = [
      ['our domain with our number', ours, ours, 0],
      ['our base domain with a verified number', verified, verified, 0],
      ['another domain', elsewhere, elsewhere, 0],
      ['several in order', [elsewhere, ours], `${elsewhere}, ${ours}`, 0],
      ['our domain with a foreign number', notOurs, '', 1],
      ['our domain with an extension', extension, '', 1],
      ['the others around a removed one', [`${elsewhere}, ${notOurs}`, ours], `${elsewhere}, ${ours}`, 1],
    ];
    it.each(diversions)('passes to the carrier: %s', async (_, sent, passed, removed) => {
      const record = await stage.carried(call({ Diversion: sent }));
      expect(lastInvite(london).all('Diversion').join(', ')).toBe(passed);
      expect(record.trace.find(({ check }) => check === 'diversion')).toMatchObject(
        removed === 0
          ? { result: 'pass' }
          : { result: 'warn', detail: expect.stringContaining(`${removed} of`) },
      );
    });

    it('is not made up for a call that has none', async () => {
      const record = await stage.carried(call());
      expect(lastInvite(london).all('Diversion')).toEqual([]);
      expect(record.trace.some(({ check }) => check === 'diversion')).toBe(false);
    });
  });

  it('has nothing left to do', async () => {
    await stage.up.expectIdle();
  }, 30_000);
});
