// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { onCallStage, SHORT_WAITS, type CallStage } from './test-kit/call-stage.ts';
import { sdp } from './test-kit/sip-peer.ts';

/** The callee has answered with its offer. */
const offered = async (stage: CallStage) => {
  const { pbx, carrier } = stage;
  const caller = stage.invite({});
  const invite = await carrier.next('INVITE');
  expect(invite.body).toBe('');
  const callee = carrier.answerer(invite);
  callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
  const ok = await pbx.next(200);
  return { caller, callee, ok };
};

onCallStage('an INVITE without SDP', (stage) => {
  it('the callee offers in its 200, and the caller’s ACK brings the answer', async () => {
    const { carrier, rig } = stage();
    const { caller, callee, ok } = await offered(stage());
    expect(ok.body).toContain('m=audio 20000');
    expect(ok.body).toContain('a=x-relayed:offer-callee');
    // The callee's transaction stays open until there is an answer.
    expect(carrier.untaken.filter(({ method }) => method === 'ACK')).toEqual([]);
    caller.ack(ok, { body: sdp(10_000) });
    const ack = await carrier.next('ACK');
    expect(ack.body).toContain('m=audio 10000');
    expect(ack.body).toContain('a=x-relayed:answer-caller');
    await stage().end({ caller, callee, invite: ack, ok });
    expect(rig.media.steps).toEqual(['offer callee', 'answer caller', 'close']);
    const record = await rig.nextRecord();
    expect(record).toMatchObject({ outcomeCode: 'answered', hungUpBy: 'caller', warnings: [] });
    expect(record.attempts).toMatchObject([{ status: 200, outcome: 'answered' }]);
  });

  it('re-negotiates afterwards, and takes a refused offer back to what the callee offered', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee, ok } = await offered(stage());
    caller.ack(ok, { body: sdp(10_000) });
    const ack = await carrier.next('ACK');
    rig.media.steps.length = 0;
    caller.request('INVITE', { body: sdp(10_002) });
    callee.reply(await carrier.next('INVITE'), 488, 'Not Acceptable Here');
    caller.ack(await pbx.next(488));
    await carrier.next('ACK');
    expect(rig.media.steps).toEqual(['offer caller', 'offer callee', 'answer caller']);
    await stage().end({ caller, callee, invite: ack, ok });
    await rig.nextRecord();
  });

  it('an SDP in 18x is not an answer and does not reach the caller', async () => {
    const { pbx, carrier, rig } = stage();
    const caller = stage().invite({});
    const invite = await carrier.next('INVITE');
    const callee = carrier.answerer(invite);
    callee.reply(invite, 183, 'Session Progress', { body: sdp(20_000) });
    expect((await pbx.next(183)).body).toBe('');
    callee.reply(invite, 486, 'Busy Here');
    caller.ack(await pbx.next(486));
    expect(rig.media.steps).toEqual(['close']);
    expect(await rig.nextRecord()).toMatchObject({ status: 'busy' });
  });

  it('an ACK without an answer ends both legs', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee, ok } = await offered(stage());
    caller.ack(ok);
    caller.reply(await pbx.next('BYE'), 200, 'OK');
    await carrier.next('ACK');
    callee.reply(await carrier.next('BYE'), 200, 'OK');
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'media-not-acceptable' });
  });

  it('a BYE right behind the ACK ends a call that was answered', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee, ok } = await offered(stage());
    caller.ack(ok, { body: sdp(10_000) });
    caller.request('BYE');
    await pbx.next(200);
    const ack = await carrier.next('ACK');
    expect(ack.body).toContain('a=x-relayed:answer-caller');
    callee.reply(await carrier.next('BYE'), 200, 'OK');
    expect(await rig.nextRecord()).toMatchObject({
      outcomeCode: 'answered',
      hungUpBy: 'caller',
      warnings: [],
    });
  });

  it('an answer that the media node refuses ends both legs', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee, ok } = await offered(stage());
    rig.media.before = () => {
      throw new Error('not acceptable');
    };
    caller.ack(ok, { body: sdp(10_000) });
    caller.reply(await pbx.next('BYE'), 200, 'OK');
    await carrier.next('ACK');
    callee.reply(await carrier.next('BYE'), 200, 'OK');
    expect(await rig.nextRecord()).toMatchObject({ hungUpBy: 'trunkline' });
  });

  it('is given up while the callee rings', async () => {
    const { pbx, carrier, rig } = stage();
    const caller = stage().invite({});
    const invite = await carrier.next('INVITE');
    const callee = carrier.answerer(invite);
    callee.reply(invite, 180, 'Ringing');
    await pbx.next(180);
    caller.cancel();
    caller.ack(await pbx.next(487));
    callee.reply(await carrier.next('CANCEL'), 200, 'OK');
    callee.reply(invite, 487, 'Request Terminated');
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'caller-cancelled' });
  });
});

onCallStage(
  'an INVITE without SDP, answered',
  (stage) => {
    it('an ACK that never comes ends both legs', async () => {
      const { pbx, carrier, rig } = stage();
      const { caller, callee } = await offered(stage());
      caller.reply(await pbx.next('BYE'), 200, 'OK');
      await carrier.next('ACK');
      callee.reply(await carrier.next('BYE'), 200, 'OK');
      expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'ack-timeout' });
    });
  },
  SHORT_WAITS,
);
