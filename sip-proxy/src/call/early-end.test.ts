// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { answerTo, onCallStage, SHORT_WAITS, type CallStage, type Talk } from './test-kit/call-stage.ts';
import { header, sdp } from './test-kit/sip-peer.ts';

/** Both sides get a BYE with our reason. */
const hungUpByUs = async ({ pbx, carrier }: CallStage, { caller, callee }: Talk): Promise<string[]> => {
  const [toCaller, toCallee] = await Promise.all([pbx.next('BYE'), carrier.next('BYE')]);
  caller.reply(toCaller, 200, 'OK');
  callee.reply(toCallee, 200, 'OK');
  return [toCaller, toCallee].map((bye) => header(bye, 'reason'));
};

onCallStage(
  'an answer that the caller does not acknowledge',
  (stage) => {
    it('is repeated, then both legs are hung up', async () => {
      const { pbx, carrier, rig } = stage();
      const caller = stage().invite();
      const invite = await carrier.next('INVITE');
      const callee = carrier.answerer(invite);
      callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
      await carrier.next('ACK');
      await pbx.next(200);
      await pbx.next(200);
      caller.reply(await pbx.next('BYE'), 200, 'OK');
      callee.reply(await carrier.next('BYE'), 200, 'OK');
      expect(await rig.nextRecord()).toMatchObject({
        status: 'completed',
        outcomeCode: 'ack-timeout',
        hungUpBy: 'trunkline',
      });
    });

    it('while the callee hangs up: the caller’s BYE waits for the engine’s', async () => {
      const { pbx, carrier, rig } = stage();
      const caller = stage().invite();
      const invite = await carrier.next('INVITE');
      const callee = carrier.answerer(invite);
      callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
      await pbx.next(200);
      callee.request('BYE');
      await carrier.next(200);
      expect(rig.registry.active).toBe(0);
      // RFC 3261 §15: no BYE of ours before the ACK. The engine ends the leg.
      const bye = await pbx.next('BYE');
      caller.reply(bye, 200, 'OK');
      expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'answered', hungUpBy: 'callee' });
      // Repeats of this one at most.
      const another = pbx.untaken.filter(
        (each) => each.method === 'BYE' && header(each, 'cseq') !== header(bye, 'cseq'),
      );
      expect(another).toEqual([]);
    });
  },
  SHORT_WAITS,
);

onCallStage(
  'a call that has lasted as long as its trunk allows',
  (stage) => {
    it('is hung up on both sides', async () => {
      const talk = await stage().talk();
      for (const reason of await hungUpByUs(stage(), talk))
        expect(reason).toBe('Trunkline;cause=max-call-duration;text="calls of this trunk end after 1 s"');
      expect(await stage().rig.nextRecord()).toMatchObject({
        status: 'completed',
        outcomeCode: 'max-call-duration',
        hungUpBy: 'trunkline',
        durationSeconds: 1,
      });
    });

    it('is counted from the answer, not from the INVITE', async () => {
      const { pbx, carrier, rig } = stage();
      const caller = stage().invite();
      const invite = await carrier.next('INVITE');
      const callee = carrier.answerer(invite);
      callee.reply(invite, 180, 'Ringing');
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
      const ok = await pbx.next(200);
      caller.ack(ok);
      await hungUpByUs(stage(), { caller, callee, invite, ok });
      expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'max-call-duration' });
    });
  },
  { trunk: { limits: { maxCallDurationSeconds: 1 } } },
);

onCallStage('media that the node has ended', (stage) => {
  const lose = () => {
    const { rig } = stage();
    rig.media.lose(rig.media.opened.at(-1)?.callId ?? '', 'no media arrived');
  };

  it('ends the call on both sides', async () => {
    const talk = await stage().talk();
    lose();
    for (const reason of await hungUpByUs(stage(), talk))
      expect(reason).toContain('Trunkline;cause=media-timeout;text="the media of the call has ended');
    expect(await stage().rig.nextRecord()).toMatchObject({
      status: 'completed',
      outcomeCode: 'media-timeout',
      hungUpBy: 'trunkline',
    });
  });

  it('while our 200 is on its way: no other final answer, both legs are hung up', async () => {
    const { pbx, carrier, rig } = stage();
    const caller = stage().invite();
    const invite = await carrier.next('INVITE');
    const callee = carrier.answerer(invite);
    // The 200 goes out before the next turn, the engine's word that it did comes later.
    rig.media.before = () => {
      setImmediate(lose);
    };
    callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
    const ok = await pbx.next(answerTo('INVITE', 200));
    caller.ack(ok);
    for (const reason of await hungUpByUs(stage(), { caller, callee, invite, ok }))
      expect(reason).toContain('cause=media-timeout');
    expect(await rig.nextRecord()).toMatchObject({ sipStatus: 200, outcomeCode: 'media-timeout' });
    expect(pbx.untaken.filter(({ status }) => status >= 300)).toEqual([]);
  });

  it('while the callee rings: 503 to the caller, CANCEL to the callee', async () => {
    const { pbx, carrier, rig } = stage();
    const caller = stage().invite();
    const invite = await carrier.next('INVITE');
    const callee = carrier.answerer(invite);
    callee.reply(invite, 180, 'Ringing');
    await pbx.next(180);
    lose();
    const answer = await pbx.next(503);
    caller.ack(answer);
    expect(header(answer, 'reason')).toContain('cause=media-unavailable');
    callee.reply(await carrier.next('CANCEL'), 200, 'OK');
    callee.reply(invite, 487, 'Request Terminated');
    await carrier.next('ACK');
    expect(await rig.nextRecord()).toMatchObject({ sipStatus: 503, outcomeCode: 'media-unavailable' });
  });

  it('of a call that is over changes nothing', async () => {
    await stage().end(await stage().talk());
    await stage().rig.nextRecord();
    lose();
  });
});
