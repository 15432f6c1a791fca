// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { createRtpPeer } from '@trunkline/media-relay/testing';
import { setTimeout as wait } from 'node:timers/promises';
import { inEngine, type IncomingCall, type OutgoingCall } from '../src/index.ts';
import {
  ANSWERED,
  CALLEE_HZ,
  CALLER_HZ,
  CANCELLED,
  backends,
  callStage,
  heard,
  isAnswer,
  outcomes,
} from './call-stage.fixture.ts';

/** Of the engine under `trunkline up`: a target that stays silent is given up after so long. */
const TIMER_MS = 4_000;

describe.each(backends)('a call through trunkline up with %s media', (media) => {
  const stage = callStage(media);
  const { place, placeFrom, arriving, connected, audible, recordOf, expectRecord } = stage;

  describe('a caller that gives up', () => {
    it('while the callee rings', async () => {
      const arrived = arriving(stage.pstn, (call) => {
        call.ring();
      });
      const caller = place();
      await caller.response(180);
      expect((await caller.cancel()).status).toBe(200);
      expect((await caller.final()).status).toBe(487);
      const callee = await arrived;
      await callee.cancelled();
      await stage.pstn.waitFor(
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
      const arrived = arriving(stage.pstn, () => undefined);
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
      const arrived = arriving(stage.pstn, (call) => {
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
      const arrived = arriving(stage.pstn, (call) => {
        call.onCancel = () => void call.answer(stage.far.sdp());
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
      stage.pbx.tamper = (message, way) => {
        if (way !== 'in' || !isAnswer(message, 200, 'INVITE')) return 'pass';
        onItsWay.resolve(undefined);
        return { delayMs: 300 };
      };
      const arrived = arriving(stage.pstn);
      const caller = place();
      await onItsWay.promise;
      const cancelled = await caller.cancel();
      // RFC 3261 §9.2: 200 where the transaction is known, 481 where it is not; no effect either way.
      expect([200, 481]).toContain(cancelled.status);
      expect((await caller.answered()).status).toBe(200);
      stage.near.start(caller.remoteSdp);
      await audible();
      expect((await caller.bye()).status).toBe(200);
      await (await arrived).ended();
      const record = await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
      expect(outcomes(record)).toEqual([[200, 'answered']]);
    }, 30_000);

    it('at the very same moment, again and again: both sides learn the same', async () => {
      for (let times = 0; times < 8; times += 1) {
        const arrived = arriving(stage.pstn, (call) => {
          call.ring();
        });
        const caller = place();
        await caller.response(180);
        const callee = await arrived;
        // Each time a little later, from before the answer to after it.
        const answered = callee.answer(stage.far.sdp()).catch(() => undefined);
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
      const arrived = arriving(stage.pbx, async (call) => {
        stage.near.start(call.remoteSdp);
        await call.answer(stage.near.sdp());
      });
      const caller = placeFrom(stage.pstn, {
        to: '+15550100',
        from: '+442079460123',
        proxy: stage.up.sip,
        sdp: stage.far.sdp(),
      });
      await caller.answered();
      stage.far.start(caller.remoteSdp);
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
    const music = await createRtpPeer({ address: stage.spare.address, frequencyHz: 1_200 });
    try {
      const arrived = arriving(stage.pstn, (call) => {
        stage.far.start(call.remoteSdp);
        call.ring(183, { sdp: stage.far.sdp() });
      });
      stage.spare.onInvite = async (call) => {
        music.start(call.remoteSdp);
        call.ring(183, { sdp: music.sdp() });
        await heard(stage.near, 1_200);
        await call.answer(music.sdp());
      };
      const caller = place({ to: 'sip:+441632960123@acme.pstn.example.com' });
      const early = await caller.response(183);
      stage.near.start(early.body);
      await heard(stage.near, CALLEE_HZ);
      stage.far.stop();
      await (await arrived).reject(503);
      await caller.answered();
      await Promise.all([heard(stage.near, 1_200), heard(music, CALLER_HZ)]);
      await caller.bye();
      const record = await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
      expect(outcomes(record)).toEqual([
        [503, 'next'],
        [200, 'answered'],
      ]);
      expect(record.attempts.map(({ target }) => target)).toEqual([
        `carrier/two/${stage.pstn.hostPort}`,
        `carrier/two/${stage.spare.hostPort}`,
      ]);
    } finally {
      await music.close();
    }
  }, 40_000);

  it('lets the callee make the offer where the INVITE has none', async () => {
    const arrived = arriving(stage.pstn, async (call) => {
      expect(call.invite.body).toBe('');
      call.ring();
      const ack = await call.answer(stage.far.sdp());
      expect(ack.body).toContain('m=audio');
      stage.far.start(ack.body);
    });
    const caller = place({ sdp: undefined as never, autoAck: false });
    const answer = await caller.answered();
    expect(answer.body).toContain('m=audio');
    caller.ack(stage.near.sdp());
    stage.near.start(answer.body);
    await audible();
    await caller.bye();
    await (await arrived).ended();
    const record = await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    expect(outcomes(record)).toEqual([[200, 'answered']]);
  }, 30_000);

  it('ends a call without offer whose caller never answers the offer of the callee', async () => {
    const arrived = arriving(stage.pstn, (call) => {
      call.respond(200, { sdp: stage.far.sdp() });
    });
    const caller = place({ sdp: undefined as never, autoAck: false });
    await caller.response(200);
    // 64 x T1 (RFC 3261 §13.3.1.4).
    await caller.ended(45_000);
    await (await arrived).ended(15_000);
    const record = await recordOf(caller);
    expect(record).toMatchObject({ outcomeCode: 'ack-timeout' });
  }, 80_000);

  it('carries twenty calls at one time', async () => {
    const callees = new Map<string, IncomingCall>();
    stage.pstn.onInvite = async (call) => {
      callees.set(call.invite.uri, call);
      call.ring();
      await call.answer(stage.far.sdp());
    };
    const calls = Array.from({ length: 20 }, (_, index) =>
      place({ to: `sip:+44207946${String(index).padStart(4, '0')}@acme.pstn.example.com` }),
    );
    await Promise.all(calls.map((call) => call.answered(20_000)));
    const atWork = { proxy: 20, engine: inEngine(40), sessions: 20, media: 20 };
    expect(await stage.up.gauges()).toMatchObject(atWork);
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
