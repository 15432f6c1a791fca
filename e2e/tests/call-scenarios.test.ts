// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createRtpPeer, type RtpPeer } from '@trunkline/media-relay/testing';
import {
  openRecordSocket,
  recordPaths,
  type CallRecord,
  type RecordReader,
} from '@trunkline/sip-proxy/records';
import { setTimeout as wait } from 'node:timers/promises';
import {
  carrier,
  eventually,
  mediaOf,
  requireProgram,
  SipPeer,
  startTrunkline,
  sumByName,
  timesOutOfOrder,
  trunk,
  type IncomingCall,
  type InviteOptions,
  type MediaBackend,
  type OutgoingCall,
  type PeerMessage,
  type Trunkline,
} from '../src/index.ts';

const backends: MediaBackend[] = requireProgram('rtpengine') ? ['embedded', 'rtpengine'] : ['embedded'];

/** What a caller hears of the callee, and the other way round. */
const CALLEE_HZ = 880;
const CALLER_HZ = 440;
/** Of the engine under `trunkline up`: an ACK or an answer that never comes is given up after so long. */
const TIMER_MS = 4_000;

describe.each(backends)('a call through trunkline up with %s media', (media) => {
  let up: Trunkline;
  let records: RecordReader;
  let pbx: SipPeer;
  let pstn: SipPeer;
  let spare: SipPeer;
  let near: RtpPeer;
  let far: RtpPeer;
  /** Calls of the running test, and SIDs of all tests before it. */
  let placed: OutgoingCall[] = [];
  const known = new Set<string>();

  beforeAll(async () => {
    pbx = await SipPeer.open({ address: '127.0.0.3', name: 'pbx' });
    pstn = await SipPeer.open({ address: '127.0.0.2', name: 'pstn' });
    spare = await SipPeer.open({ address: '127.0.0.4', name: 'spare' });
    const [first, second] = [pstn, spare].map(({ address: host, port }) => ({ host, port }));
    if (!first || !second) throw new Error('no gateways');
    up = await startTrunkline({
      media,
      manifests: [
        ...trunk('acme', { acl: ['127.0.0.3/32'], numbers: ['+15550100'], targets: [pbx.uri] }),
        ...trunk('short', {
          acl: ['127.0.0.3/32'],
          numbers: ['+15550110'],
          spec: { limits: { maxCallDuration: '2s' } },
        }),
        carrier('pstn', [first]),
        carrier(
          'two',
          [
            { ...first, priority: 1 },
            { ...second, priority: 2 },
          ],
          { prefixes: ['+441632'] },
        ),
      ],
    });
    const reader = await openRecordSocket(recordPaths(up.dataDir).socket);
    if (!reader) throw new Error('nobody serves the call records');
    records = reader;
  }, 90_000);
  afterAll(async () => {
    await records.close();
    await up.stop();
    for (const peer of [pbx, pstn, spare]) await peer.close();
  }, 40_000);

  beforeEach(async () => {
    near = await createRtpPeer({ address: pbx.address, frequencyHz: CALLER_HZ });
    far = await createRtpPeer({ address: pstn.address, frequencyHz: CALLEE_HZ });
    pstn.onInvite = answering;
  });
  /** After every scenario: nothing is left, and one record tells of each call. */
  afterEach(async () => {
    for (const peer of [pbx, pstn, spare]) peer.tamper = undefined;
    await near.close();
    await far.close();
    await up.expectIdle(20_000);
    const fresh = (await records.list({ limit: 1_000 })).filter(({ sid }) => !known.has(sid));
    for (const { sid } of fresh) known.add(sid);
    expect(fresh.map(({ callId }) => callId).sort()).toEqual(placed.map(({ callId }) => callId).sort());
    expect(fresh.flatMap(timesOutOfOrder)).toEqual([]);
    placed = [];
    for (const peer of [pbx, pstn, spare]) expect(peer.errors.splice(0)).toEqual([]);
  }, 40_000);

  const answering = async (call: IncomingCall) => {
    call.ring();
    far.start(call.remoteSdp);
    await call.answer(far.sdp());
  };
  const place = (options: Partial<InviteOptions> = {}): OutgoingCall => {
    const call = pbx.invite({
      to: 'sip:+442079460123@acme.pstn.example.com',
      from: '+15550100',
      proxy: up.sip,
      sdp: near.sdp(),
      ...options,
    });
    placed.push(call);
    return call;
  };
  /** The next call that comes to a peer, which then does what the script says. */
  const arriving = (peer: SipPeer, script: (call: IncomingCall) => void | Promise<void> = answering) =>
    new Promise<IncomingCall>((resolve) => {
      peer.onInvite = async (call) => {
        resolve(call);
        await script(call);
      };
    });
  /** An answered call with audio both ways, and its two ends. */
  const connected = async (
    options: Partial<InviteOptions> = {},
  ): Promise<{ caller: OutgoingCall; callee: IncomingCall }> => {
    const arrived = arriving(pstn);
    const caller = place(options);
    await caller.answered();
    near.start(caller.remoteSdp);
    const callee = await arrived;
    await audible();
    return { caller, callee };
  };
  const heard = async (phone: RtpPeer, frequencyHz: number) => {
    // Half a second, so that nothing of the time before is in it.
    await phone.hears(30, 10_000);
    expect(Math.abs(phone.tone().frequencyHz - frequencyHz)).toBeLessThan(10);
  };
  const audible = () => Promise.all([heard(near, CALLEE_HZ), heard(far, CALLER_HZ)]);
  const recordOf = (call: OutgoingCall, timeoutMs?: number): Promise<CallRecord> =>
    up.record(call.callId, timeoutMs);
  const expectRecord = async (call: OutgoingCall, expected: Partial<CallRecord>) => {
    const record = await recordOf(call);
    expect(record).toMatchObject({ warnings: [], ...expected });
    return record;
  };
  /** What an ordinary call leaves. */
  const ANSWERED = { status: 'completed', sipStatus: 200, outcomeCode: 'answered' } as const;
  const CANCELLED = {
    status: 'canceled',
    sipStatus: 487,
    outcomeCode: 'caller-cancelled',
    hungUpBy: 'caller',
  } as const;
  const outcomes = ({ attempts }: CallRecord) => attempts.map(({ status, outcome }) => [status, outcome]);
  const isAnswer = (message: PeerMessage, status: number, method: string) =>
    message.status === status && message.cseq.method === method;
  /** Loses the first messages that fit, on their way in or out; `count` of them. */
  const losing = (
    peer: SipPeer,
    direction: 'in' | 'out',
    fits: (message: PeerMessage) => boolean,
    count = Infinity,
  ) => {
    const lost: PeerMessage[] = [];
    peer.tamper = (message, way) => {
      if (way !== direction || lost.length >= count || !fits(message)) return 'pass';
      lost.push(message);
      return 'drop';
    };
    return lost;
  };

  describe('a caller that gives up', () => {
    it('while the callee rings', async () => {
      const arrived = arriving(pstn, (call) => {
        call.ring();
      });
      const caller = place();
      await caller.response(180);
      expect((await caller.cancel()).status).toBe(200);
      expect((await caller.final()).status).toBe(487);
      const callee = await arrived;
      await callee.cancelled();
      await pstn.waitFor(
        ({ method, callId }) => method === 'ACK' && callId === callee.callId,
        'the ACK of the 487',
      );
      const record = await expectRecord(caller, CANCELLED);
      expect(record.ringingAt).toBeDefined();
      expect(record.answeredAt).toBeUndefined();
      expect(record.durationSeconds).toBe(0);
      expect(outcomes(record)).toEqual([[487, 'cancelled']]);
    }, 30_000);

    it('before the callee has said anything', async () => {
      const arrived = arriving(pstn, () => undefined);
      const caller = place();
      const callee = await arrived;
      expect((await caller.cancel()).status).toBe(200);
      expect((await caller.final()).status).toBe(487);
      // RFC 3261 §9.1: no CANCEL before a provisional response.
      expect(callee.requestsOf('CANCEL')).toEqual([]);
      callee.ring(100);
      await callee.cancelled();
      const record = await expectRecord(caller, CANCELLED);
      expect(record.ringingAt).toBeUndefined();
      expect(outcomes(record)).toEqual([[487, 'cancelled']]);
    }, 30_000);

    it('after a long time: ringing is no silence, and is not cut off after four seconds', async () => {
      const arrived = arriving(pstn, (call) => {
        call.ring();
      });
      const caller = place();
      await caller.response(180);
      const callee = await arrived;
      await wait(TIMER_MS + 2_500);
      expect(callee.requestsOf('CANCEL')).toEqual([]);
      expect(caller.responses.map(({ status }) => status).filter((status) => status >= 200)).toEqual([]);
      await caller.cancel();
      expect((await caller.final()).status).toBe(487);
      const record = await expectRecord(caller, CANCELLED);
      expect(Date.parse(record.endedAt) - Date.parse(record.ringingAt ?? '')).toBeGreaterThan(TIMER_MS);
      expect(outcomes(record)).toEqual([[487, 'cancelled']]);
    }, 30_000);

    it('when the callee answers: its 200 crosses our CANCEL, and it gets ACK and BYE', async () => {
      const arrived = arriving(pstn, (call) => {
        call.onCancel = () => void call.answer(far.sdp());
        call.ring();
      });
      const caller = place();
      await caller.response(180);
      await caller.cancel();
      expect((await caller.final()).status).toBe(487);
      const callee = await arrived;
      await callee.ended();
      expect(callee.requests.map(({ method }) => method)).toEqual(['CANCEL', 'ACK', 'BYE']);
      const record = await expectRecord(caller, CANCELLED);
      expect(outcomes(record)).toEqual([[200, 'cancelled']]);
    }, 30_000);

    it('too late: the 200 is on its way to it, and stands', async () => {
      const onItsWay = Promise.withResolvers<undefined>();
      pbx.tamper = (message, way) => {
        if (way !== 'in' || !isAnswer(message, 200, 'INVITE')) return 'pass';
        onItsWay.resolve(undefined);
        return { delayMs: 300 };
      };
      const arrived = arriving(pstn);
      const caller = place();
      await onItsWay.promise;
      const cancelled = await caller.cancel();
      // RFC 3261 §9.2: 200 where the transaction is known, 481 where it is not; no effect either way.
      expect([200, 481]).toContain(cancelled.status);
      expect((await caller.answered()).status).toBe(200);
      near.start(caller.remoteSdp);
      await audible();
      expect((await caller.bye()).status).toBe(200);
      await (await arrived).ended();
      const record = await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
      expect(outcomes(record)).toEqual([[200, 'answered']]);
    }, 30_000);

    it('at the very same moment, again and again: both sides learn the same', async () => {
      for (let times = 0; times < 8; times += 1) {
        const arrived = arriving(pstn, (call) => {
          call.ring();
        });
        const caller = place();
        await caller.response(180);
        const callee = await arrived;
        // Each time a little later, from before the answer to after it.
        const answered = callee.answer(far.sdp()).catch(() => undefined);
        if (times > 0) await wait(times);
        await caller.cancel();
        const { status } = await caller.final();
        if (status === 200) await caller.bye();
        await Promise.all([callee.ended(), answered]);
        expect([200, 487]).toContain(status);
        const { outcomeCode, sipStatus } = await recordOf(caller);
        expect([outcomeCode, sipStatus]).toEqual(
          status === 200 ? ['answered', 200] : ['caller-cancelled', 487],
        );
      }
    }, 60_000);
  });

  describe('hanging up', () => {
    it('by the caller', async () => {
      const { caller, callee } = await connected();
      expect((await caller.bye()).status).toBe(200);
      await callee.ended();
      const record = await expectRecord(caller, {
        ...ANSWERED,
        hungUpBy: 'caller',
        from: '+15550100',
        to: '+442079460123',
      });
      expect(outcomes(record)).toEqual([[200, 'answered']]);
      expect(record.media?.packetsFromCaller).toBeGreaterThan(20);
      expect(record.media?.packetsFromCallee).toBeGreaterThan(20);
    }, 30_000);

    it('by the callee', async () => {
      const { caller, callee } = await connected();
      expect((await callee.bye({ headers: { Reason: 'Q.850;cause=16;text="Normal"' } })).status).toBe(200);
      const bye = await caller.ended();
      expect(bye.header('Reason')).toBe('Q.850;cause=16;text="Normal"');
      await expectRecord(caller, { ...ANSWERED, hungUpBy: 'callee' });
    }, 30_000);

    it('by both at once', async () => {
      const { caller, callee } = await connected();
      const answers = await Promise.all([caller.bye(), callee.bye()]);
      for (const { status } of answers) expect([200, 481]).toContain(status);
      await expectRecord(caller, ANSWERED);
    }, 30_000);

    it('by the callee, on a call that came from the carrier', async () => {
      const arrived = arriving(pbx, async (call) => {
        near.start(call.remoteSdp);
        await call.answer(near.sdp());
      });
      const caller = pstn.invite({ to: '+15550100', from: '+442079460123', proxy: up.sip, sdp: far.sdp() });
      placed.push(caller);
      await caller.answered();
      far.start(caller.remoteSdp);
      await audible();
      expect((await (await arrived).bye()).status).toBe(200);
      await caller.ended();
      await expectRecord(caller, {
        ...ANSWERED,
        direction: 'origination',
        hungUpBy: 'callee',
        to: '+15550100',
      });
    }, 30_000);

    it('by us, when the longest time is over', async () => {
      const { caller, callee } = await connected({
        to: 'sip:+442079460123@short.pstn.example.com',
        from: '+15550110',
      });
      const byes = await Promise.all([caller.ended(), callee.ended()]);
      for (const bye of byes) {
        expect(bye.trunklineCause).toBe('max-call-duration');
        expect(bye.header('Reason')).toContain('calls of this trunk end after 2 s');
      }
      const record = await expectRecord(caller, {
        status: 'completed',
        outcomeCode: 'max-call-duration',
        hungUpBy: 'trunkline',
        durationSeconds: 2,
      });
      expect(Date.parse(record.endedAt) - Date.parse(record.answeredAt ?? '')).toBeGreaterThanOrEqual(1_990);
    }, 30_000);
  });

  describe('a message that is lost', () => {
    it('the INVITE, and the first 200 of the callee', async () => {
      const lost = losing(pstn, 'in', ({ method }) => method === 'INVITE', 1);
      const { caller, callee } = await connected();
      expect(lost).toHaveLength(1);
      await caller.bye();
      await callee.ended();
      await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });

      const answers = losing(pstn, 'out', (message) => isAnswer(message, 200, 'INVITE'), 2);
      const second = await connected();
      expect(answers).toHaveLength(2);
      await second.caller.bye();
      await expectRecord(second.caller, { ...ANSWERED, hungUpBy: 'caller' });
    }, 30_000);

    it('the 200 to the caller: it is repeated', async () => {
      const lost = losing(pbx, 'in', (message) => isAnswer(message, 200, 'INVITE'), 2);
      const { caller } = await connected();
      expect(lost).toHaveLength(2);
      expect(new Set(lost.map(String)).size).toBe(1);
      await caller.bye();
      await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    }, 30_000);

    it('the ACK of the caller: the 200 is repeated until it comes', async () => {
      const lost = losing(pbx, 'out', ({ method }) => method === 'ACK', 2);
      const { caller } = await connected();
      await eventually(
        'the third 200',
        () => caller.responses.filter(({ status }) => status === 200).length >= 3,
      );
      expect(lost).toHaveLength(2);
      await audible();
      await caller.bye();
      await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    }, 30_000);

    it('every ACK of the caller: the call is ended on both sides', async () => {
      losing(pbx, 'out', ({ method }) => method === 'ACK');
      const { caller, callee } = await connected();
      await Promise.all([caller.ended(15_000), callee.ended(15_000)]);
      const repeated = caller.responses.filter(({ status }) => status === 200);
      expect(repeated.length).toBeGreaterThanOrEqual(3);
      await expectRecord(caller, {
        status: 'completed',
        sipStatus: 200,
        outcomeCode: 'ack-timeout',
        hungUpBy: 'trunkline',
      });
    }, 40_000);

    it('our ACK to the callee: it is sent again for each 200', async () => {
      const lost = losing(pstn, 'in', ({ method }) => method === 'ACK', 2);
      const { caller, callee } = await connected();
      await eventually('the third ACK', () => callee.requestsOf('ACK').length > 0);
      expect(lost).toHaveLength(2);
      await caller.bye();
      await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    }, 30_000);

    it('the BYE of the caller and the answer to it', async () => {
      const { caller, callee } = await connected();
      losing(pbx, 'out', ({ method }) => method === 'BYE', 1);
      expect((await caller.bye()).status).toBe(200);
      await callee.ended();
      await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });

      const second = await connected();
      const answers = losing(pbx, 'in', (message) => isAnswer(message, 200, 'BYE'), 2);
      expect((await second.caller.bye()).status).toBe(200);
      expect(answers).toHaveLength(2);
      await expectRecord(second.caller, { ...ANSWERED, hungUpBy: 'caller' });
    }, 30_000);

    it('the answer of the callee to our BYE: it is asked again', async () => {
      const { caller, callee } = await connected();
      const lost = losing(pstn, 'out', (message) => isAnswer(message, 200, 'BYE'), 1);
      await caller.bye();
      await callee.ended();
      await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
      expect(lost).toHaveLength(1);
    }, 30_000);

    it('every answer of the callee to our BYE: the call is over all the same, with a warning', async () => {
      const { caller } = await connected();
      losing(pstn, 'out', (message) => isAnswer(message, 200, 'BYE'));
      expect((await caller.bye()).status).toBe(200);
      const before = Date.now();
      await expectRecord(caller, {
        ...ANSWERED,
        hungUpBy: 'caller',
        warnings: ['no answer to the BYE to the callee'],
      });
      // The record waits for the answer, the end of the call does not.
      const { endedAt } = await recordOf(caller);
      expect(Date.parse(endedAt)).toBeLessThan(before + 1_000);
    }, 40_000);

    it('the 487 to the caller: it is repeated until its ACK', async () => {
      void arriving(pstn, (call) => {
        call.ring();
      });
      const lost = losing(pbx, 'in', ({ status }) => status === 487, 2);
      const caller = place();
      await caller.response(180);
      await caller.cancel();
      expect((await caller.final()).status).toBe(487);
      expect(lost).toHaveLength(2);
      await expectRecord(caller, CANCELLED);
    }, 30_000);
  });

  describe('hold and resume', () => {
    const ends = ['caller', 'callee'] as const;

    it.each(ends)(
      'by the %s',
      async (end) => {
        const call = await connected();
        const holder = call[end];
        const other = call[end === 'caller' ? 'callee' : 'caller'];
        const [ours, theirs] = end === 'caller' ? [near, far] : [far, near];
        const directions: string[] = [];
        other.onReinvite = (request) => {
          const { direction } = mediaOf(request.body);
          directions.push(direction);
          const answer = ({ sendonly: 'recvonly', inactive: 'inactive' } as const)[direction] ?? 'sendrecv';
          return { status: 200, sdp: theirs.sdp({ direction: answer, version: directions.length + 1 }) };
        };

        const held = await holder.reinvite(ours.sdp({ direction: 'sendonly', version: 2 }));
        expect([held.status, mediaOf(held.body).direction]).toEqual([200, 'recvonly']);
        const silent = await holder.reinvite(ours.sdp({ direction: 'inactive', version: 3 }));
        expect([silent.status, mediaOf(silent.body).direction]).toEqual([200, 'inactive']);
        const resumed = await holder.reinvite(ours.sdp({ version: 4 }));
        expect([resumed.status, mediaOf(resumed.body).direction]).toEqual([200, 'sendrecv']);
        expect(directions).toEqual(['sendonly', 'inactive', 'sendrecv']);
        near.start(call.caller.remoteSdp);
        far.start(call.callee.remoteSdp);
        await audible();
        await call.caller.bye();
        await expectRecord(call.caller, { ...ANSWERED, hungUpBy: 'caller' });
      },
      40_000,
    );

    it.each(ends)(
      'is refused to the %s where the other side refuses; the call goes on',
      async (end) => {
        const call = await connected();
        call[end === 'caller' ? 'callee' : 'caller'].onReinvite = () => ({ status: 488 });
        const [ours] = end === 'caller' ? [near] : [far];
        const refused = await call[end].reinvite(ours.sdp({ direction: 'sendonly', version: 2 }));
        expect(refused.status).toBe(488);
        await audible();
        expect((await call[end].bye()).status).toBe(200);
        await expectRecord(call.caller, { ...ANSWERED, hungUpBy: end });
      },
      30_000,
    );

    it('moves the audio to another port of the caller', async () => {
      const { caller } = await connected();
      const moved = await createRtpPeer({ address: pbx.address, frequencyHz: CALLER_HZ });
      try {
        near.stop();
        expect((await caller.reinvite(moved.sdp({ version: 2 }))).status).toBe(200);
        moved.start(caller.remoteSdp);
        await Promise.all([heard(moved, CALLEE_HZ), heard(far, CALLER_HZ)]);
        await caller.bye();
        await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
      } finally {
        await moved.close();
      }
    }, 30_000);

    it('by both at once: one of them has to wait, and the call goes on', async () => {
      const { caller, callee } = await connected();
      const answers = await Promise.all([
        caller.reinvite(near.sdp({ version: 2 })),
        callee.reinvite(far.sdp({ version: 2 })),
      ]);
      const statuses = answers.map(({ status }) => status);
      for (const status of statuses) expect([200, 491, 500]).toContain(status);
      await audible();
      await caller.bye();
      await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    }, 30_000);

    it('ends the call where the other side does not know it any more', async () => {
      const { caller, callee } = await connected();
      callee.onReinvite = () => ({ status: 481 });
      await caller.reinvite(near.sdp({ direction: 'sendonly', version: 2 }));
      await caller.ended();
      const record = await recordOf(caller);
      expect(record).toMatchObject({
        status: 'completed',
        outcomeCode: 'dialog-lost',
        hungUpBy: 'trunkline',
      });
    }, 30_000);
  });

  it('passes INFO both ways, with body and answer', async () => {
    const { caller, callee } = await connected();
    const tone = (digit: number) => `Signal=${digit}\r\nDuration=160\r\n`;
    const send = { contentType: 'application/dtmf-relay', headers: { 'Info-Package': 'dtmf' } };
    for (const [from, to, digit] of [
      [caller, callee, 5],
      [callee, caller, 7],
    ] as const) {
      expect((await from.request('INFO', { ...send, body: tone(digit) })).status).toBe(200);
      const [info] = to.requestsOf('INFO');
      expect(info?.body).toBe(tone(digit));
      expect(info?.header('Content-Type')).toBe('application/dtmf-relay');
      expect(info?.header('Info-Package')).toBe('dtmf');
    }
    callee.onRequest = ({ method }) => ({
      status: method === 'INFO' ? 415 : 200,
      reason: 'Unsupported Media Type',
    });
    expect((await caller.request('INFO', { ...send, body: tone(1) })).status).toBe(415);
    await audible();
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 30_000);

  it('lets the caller hear early media, and goes to the next gateway when that one fails', async () => {
    const music = await createRtpPeer({ address: spare.address, frequencyHz: 1_200 });
    try {
      const arrived = arriving(pstn, (call) => {
        far.start(call.remoteSdp);
        call.ring(183, { sdp: far.sdp() });
      });
      spare.onInvite = async (call) => {
        music.start(call.remoteSdp);
        call.ring(183, { sdp: music.sdp() });
        await heard(near, 1_200);
        await call.answer(music.sdp());
      };
      const caller = place({ to: 'sip:+441632960123@acme.pstn.example.com' });
      const early = await caller.response(183);
      near.start(early.body);
      await heard(near, CALLEE_HZ);
      far.stop();
      await (await arrived).reject(503);
      await caller.answered();
      await Promise.all([heard(near, 1_200), heard(music, CALLER_HZ)]);
      await caller.bye();
      const record = await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
      expect(outcomes(record)).toEqual([
        [503, 'next'],
        [200, 'answered'],
      ]);
      expect(record.attempts.map(({ target }) => target)).toEqual([
        `carrier/two/${pstn.hostPort}`,
        `carrier/two/${spare.hostPort}`,
      ]);
    } finally {
      await music.close();
    }
  }, 40_000);

  it('lets the callee make the offer where the INVITE has none', async () => {
    const arrived = arriving(pstn, async (call) => {
      expect(call.invite.body).toBe('');
      call.ring();
      const ack = await call.answer(far.sdp());
      expect(ack.body).toContain('m=audio');
      far.start(ack.body);
    });
    const caller = place({ sdp: undefined as never, autoAck: false });
    const answer = await caller.answered();
    expect(answer.body).toContain('m=audio');
    caller.ack(near.sdp());
    near.start(answer.body);
    await audible();
    await caller.bye();
    await (await arrived).ended();
    const record = await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    expect(outcomes(record)).toEqual([[200, 'answered']]);
  }, 30_000);

  it('ends a call without offer whose caller never answers the offer of the callee', async () => {
    const arrived = arriving(pstn, (call) => {
      call.respond(200, { sdp: far.sdp() });
    });
    const caller = place({ sdp: undefined as never, autoAck: false });
    await caller.response(200);
    await caller.ended(15_000);
    await (await arrived).ended(15_000);
    const record = await recordOf(caller);
    expect(record).toMatchObject({ outcomeCode: 'ack-timeout' });
  }, 40_000);

  it('carries twenty calls at one time', async () => {
    const callees = new Map<string, IncomingCall>();
    pstn.onInvite = async (call) => {
      callees.set(call.invite.uri, call);
      call.ring();
      await call.answer(far.sdp());
    };
    const calls = Array.from({ length: 20 }, (_, index) =>
      place({ to: `sip:+44207946${String(index).padStart(4, '0')}@acme.pstn.example.com` }),
    );
    await Promise.all(calls.map((call) => call.answered(20_000)));
    expect(await up.gauges()).toMatchObject({ proxy: 20, engine: 40, sessions: 20, media: 20 });
    const bye = async (call: OutgoingCall, index: number) => {
      const number = /sip:(\+\d+)@/.exec(call.invite.uri)?.[1] ?? '';
      const callee = [...callees].find(([uri]) => uri.includes(number))?.[1];
      if (index % 2 === 0) await call.bye();
      else await callee?.bye();
      await (index % 2 === 0 ? callee?.ended() : call.ended());
    };
    await Promise.all(calls.map(bye));
    for (const [index, call] of calls.entries()) {
      await expectRecord(call, { ...ANSWERED, hungUpBy: index % 2 === 0 ? 'caller' : 'callee' });
    }
  }, 60_000);
});

/** What the supervisor of `trunkline up` owes: the program comes back by itself, and the next call works. */
describe.each(backends)('a program that is killed in the middle of a call, with %s media', (media) => {
  let up: Trunkline;
  let pbx: SipPeer;
  let pstn: SipPeer;
  let near: RtpPeer;
  let far: RtpPeer;

  beforeAll(async () => {
    pbx = await SipPeer.open({ address: '127.0.0.3', name: 'pbx' });
    pstn = await SipPeer.open({ address: '127.0.0.2', name: 'pstn' });
    up = await startTrunkline({
      media,
      manifests: [
        ...trunk('acme', { acl: ['127.0.0.3/32'], numbers: ['+15550100'] }),
        carrier('pstn', [{ host: pstn.address, port: pstn.port }]),
      ],
    });
  }, 90_000);
  afterAll(async () => {
    await up.stop();
    await pbx.close();
    await pstn.close();
  }, 40_000);
  beforeEach(async () => {
    near = await createRtpPeer({ address: pbx.address, frequencyHz: CALLER_HZ });
    far = await createRtpPeer({ address: pstn.address, frequencyHz: CALLEE_HZ });
  });
  afterEach(async () => {
    await near.close();
    await far.close();
  });

  const connected = async (): Promise<{ caller: OutgoingCall; callee: IncomingCall }> => {
    const arrived = Promise.withResolvers<IncomingCall>();
    pstn.onInvite = async (call) => {
      arrived.resolve(call);
      far.start(call.remoteSdp);
      await call.answer(far.sdp());
    };
    const caller = pbx.invite({
      to: 'sip:+442079460123@acme.pstn.example.com',
      from: '+15550100',
      proxy: up.sip,
      sdp: near.sdp(),
    });
    await caller.answered();
    near.start(caller.remoteSdp);
    await Promise.all([near.hears(20), far.hears(20)]);
    return { caller, callee: await arrived.promise };
  };
  const metric = async (name: string) => sumByName(await (await fetch(up.metricsUrl)).text())[name];
  const kill = async (program: string) => {
    const before = up.log().length;
    process.kill(up.pids[program] ?? 0, 'SIGKILL');
    await eventually(`${program} to be back`, () => up.log().slice(before).includes(`${program} is back`), {
      timeoutMs: 30_000,
    });
    const said = up.log().slice(before);
    expect(said).toMatch(new RegExp(`${program} died \\(.*SIGKILL.*\\); starting it again in 200 ms`));
  };
  const nextCallWorks = async () => {
    const { caller, callee } = await connected();
    expect((await caller.bye()).status).toBe(200);
    await callee.ended();
    expect(await up.record(caller.callId)).toMatchObject({ outcomeCode: 'answered', hungUpBy: 'caller' });
  };

  it('the engine: the call is recorded as lost, its media is freed, the next call works', async () => {
    const { caller } = await connected();
    await kill('sip-engine');
    // The proxy looks for it again at least every two seconds.
    await eventually(
      'the proxy to be connected again',
      async () => (await metric('trunkline_engine_connected')) === 1,
    );
    const record = await up.record(caller.callId);
    expect(record).toMatchObject({ status: 'completed', outcomeCode: 'engine-lost', hungUpBy: 'trunkline' });
    await nextCallWorks();
    await up.expectIdle(30_000);
  }, 90_000);

  // rtpengine is not ours to start again.
  if (media === 'embedded') {
    it('the media relay: the call is ended on both sides, the next call works', async () => {
      const { caller, callee } = await connected();
      await kill('media-relay');
      await Promise.all([caller.ended(40_000), callee.ended(40_000)]);
      expect(await up.record(caller.callId)).toMatchObject({
        outcomeCode: 'media-timeout',
        hungUpBy: 'trunkline',
      });
      await nextCallWorks();
      await up.expectIdle(30_000);
    }, 120_000);
  }

  // The last one: the media of the call that nobody owns stays until a minute has passed without a packet.
  it('the proxy: audio goes on, each end that hangs up is answered, the next call works', async () => {
    const { caller, callee } = await connected();
    await kill('sip-proxy');
    await Promise.all([near.hears(20), far.hears(20)]);
    await nextCallWorks();
    // Nobody knows the call any more, but nobody is left without an answer.
    expect((await caller.bye()).status).toBe(481);
    expect((await callee.bye()).status).toBe(481);
    const settled = await eventually('all but that media to be idle', async () => {
      const { media: left, ...others } = await up.gauges();
      return Object.values(others).every((value) => value === 0) && left;
    });
    expect(settled).toBe(1);
  }, 90_000);
});
