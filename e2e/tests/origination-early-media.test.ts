// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createRtpPeer, type RtpPeer } from '@trunkline/media-relay/testing';
import { mediaOf, tagOf, trunk, type OutgoingCall, type SipPeer } from '../src/index.ts';
import {
  attemptsOf,
  backends,
  expectRefusal,
  OriginationStage,
  START_MS,
  STOP_MS,
} from './origination.fixture.ts';

const CARRIER = '127.0.24.1';
const FIRST = '127.0.24.2';
const SECOND = '127.0.24.3';
const NUMBER = '+15550100';
const CALLER_HZ = 440;
const FIRST_HZ = 660;
const SECOND_HZ = 880;

/** Ringing and early media on the way to an answer, over more than one target. */
describe.each(backends)('ringing and early media, with %s media', (media) => {
  const stage = new OriginationStage();
  let first: SipPeer;
  let second: SipPeer;
  let phone: RtpPeer;
  let firstPhone: RtpPeer;
  let secondPhone: RtpPeer;

  beforeAll(async () => {
    [first, second] = [await stage.gateway(FIRST), await stage.gateway(SECOND)];
    const targets = [first, second].map(({ uri }, priority) => ({ sipUri: uri, priority }));
    await stage.open(trunk('acme', { domainName: null, numbers: [NUMBER], targets }), media, CARRIER);
  }, START_MS);
  afterAll(() => stage.close(), STOP_MS);
  beforeEach(async () => {
    phone = await createRtpPeer({ address: CARRIER, frequencyHz: CALLER_HZ });
    firstPhone = await createRtpPeer({ address: FIRST, frequencyHz: FIRST_HZ });
    secondPhone = await createRtpPeer({ address: SECOND, frequencyHz: SECOND_HZ });
    second.onInvite = async (call) => {
      secondPhone.start(call.remoteSdp);
      await call.answer(secondPhone.sdp());
    };
  });
  afterEach(async () => {
    for (const one of [phone, firstPhone, secondPhone]) await one.close();
    await stage.up.expectIdle();
  }, 30_000);

  const dial = (): OutgoingCall => stage.dial(NUMBER, { sdp: phone.sdp() });
  const statuses = ({ responses }: OutgoingCall): number[] => responses.map(({ status }) => status);
  /** Tags of all answers but 100: one dialog has one. */
  const tags = ({ responses }: OutgoingCall): string[] => [
    ...new Set(responses.filter(({ status }) => status > 100).map((one) => tagOf(one.header('To')))),
  ];
  const hears = async (one: RtpPeer, frequencyHz: number): Promise<void> => {
    await one.hears(30, 10_000);
    expect(Math.abs(one.tone().frequencyHz - frequencyHz)).toBeLessThan(10);
  };

  it('gives the caller the early media of the first, then the audio of the second that answers', async () => {
    const refused = Promise.withResolvers<() => Promise<unknown>>();
    first.onInvite = (call) => {
      firstPhone.start(call.remoteSdp);
      call.ring(183, { sdp: firstPhone.sdp() });
      refused.resolve(() => call.reject(503));
    };
    const call = dial();
    const early = await call.response(183);
    phone.start(early.body);
    await hears(phone, FIRST_HZ);
    firstPhone.stop();
    await (
      await refused.promise
    )();
    await call.answered();
    phone.start(call.remoteSdp);
    await Promise.all([hears(phone, SECOND_HZ), hears(secondPhone, CALLER_HZ)]);
    expect(statuses(call)).toEqual([100, 183, 200]);
    expect(tags(call)).toHaveLength(1);
    // Early media and answer are at one place of ours: a caller need not follow.
    expect(mediaOf(call.remoteSdp).address).toBe(mediaOf(early.body).address);
    expect((await call.bye()).status).toBe(200);
    const record = await stage.up.record(call.callId);
    expect(attemptsOf(record)).toEqual([
      'acme-uri1 next 503 Service Unavailable',
      'acme-uri2 answered 200 OK',
    ]);
    expect(record).toMatchObject({ status: 'completed', outcomeCode: 'answered' });
    expect((record.ringingAt ?? '') < (record.answeredAt ?? '')).toBe(true);
    expect(record.media?.packetsFromCallee).toBeGreaterThan(20);
  }, 30_000);

  it('gives the caller the early media of both', async () => {
    first.onInvite = async (call) => {
      firstPhone.start(call.remoteSdp);
      call.ring(183, { sdp: firstPhone.sdp() });
      await firstPhone.hears(10, 10_000);
      firstPhone.stop();
      await call.reject(480);
    };
    const answer = Promise.withResolvers<() => Promise<unknown>>();
    second.onInvite = (call) => {
      secondPhone.start(call.remoteSdp);
      call.ring(183, { sdp: secondPhone.sdp() });
      answer.resolve(() => call.answer(secondPhone.sdp()));
    };
    const call = dial();
    phone.start((await call.response(183)).body);
    const pickUp = await answer.promise;
    await hears(phone, SECOND_HZ);
    await pickUp();
    await call.answered();
    await Promise.all([hears(phone, SECOND_HZ), hears(secondPhone, CALLER_HZ)]);
    expect(statuses(call)).toEqual([100, 183, 183, 200]);
    expect(tags(call)).toHaveLength(1);
    await call.bye();
    expect(attemptsOf(await stage.up.record(call.callId))).toEqual([
      'acme-uri1 next 480 Temporarily Unavailable',
      'acme-uri2 answered 200 OK',
    ]);
  }, 30_000);

  it('passes ringing on, and then the 486, without trying the second', async () => {
    const heard = second.received('INVITE').length;
    first.onInvite = async (call) => {
      call.ring();
      await call.reject(486);
    };
    const call = dial();
    expectRefusal(await call.final(), { line: '486 Busy Here', code: 'final-answer', check: '' });
    expect(statuses(call)).toEqual([100, 180, 486]);
    expect(second.received('INVITE')).toHaveLength(heard);
    const record = await stage.up.record(call.callId);
    expect(attemptsOf(record)).toEqual(['acme-uri1 final 486 Busy Here']);
    expect(record).toMatchObject({ status: 'busy', sipStatus: 486 });
    expect(record.ringingAt).toBeDefined();
  });

  it('passes 180, 181 and 183 without SDP on, each with its phrase', async () => {
    first.onInvite = async (call) => {
      call.ring(180, { reason: 'Ringing Still' });
      call.ring(181, { reason: 'Forwarded' });
      call.ring(183, { reason: 'Wait' });
      await call.answer(firstPhone.sdp());
    };
    const call = dial();
    await call.answered();
    expect(call.responses.map(({ status, reason }) => `${status} ${reason}`)).toEqual([
      '100 Trying',
      '180 Ringing Still',
      '181 Forwarded',
      '183 Wait',
      '200 OK',
    ]);
    expect(call.responses.filter(({ status }) => status < 200).map(({ body }) => body)).toEqual([
      '',
      '',
      '',
      '',
    ]);
    await call.bye();
    expect(attemptsOf(await stage.up.record(call.callId))).toEqual(['acme-uri1 answered 200 OK']);
  });
});
