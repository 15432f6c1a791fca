// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { answerTo, onCallStage, type CallStage, type Talk } from './test-kit/call-stage.ts';
import { header, sdp, uriOf, type SipPeer } from './test-kit/sip-peer.ts';

const hold = (port: number, direction: string): string => sdp(port).replace('a=sendrecv', `a=${direction}`);

/** Who asks and who is asked, seen from either side. */
const sides = ({ pbx, carrier }: CallStage, talk: Talk, asker: 'caller' | 'callee') => {
  const far = asker === 'caller' ? ('callee' as const) : ('caller' as const);
  const peers: Record<typeof far, SipPeer> = { caller: pbx, callee: carrier };
  return { far, near: talk[asker], nearPeer: peers[asker], other: talk[far], otherPeer: peers[far] };
};

onCallStage('a re-INVITE', (stage) => {
  it.each(['caller', 'callee'] as const)(
    'of the %s: hold and resume, through the media node',
    async (asker) => {
      const talk = await stage().talk();
      const { far, near, nearPeer, other, otherPeer } = sides(stage(), talk, asker);
      stage().rig.media.steps.length = 0;
      for (const [asked, answered] of [
        ['sendonly', 'recvonly'],
        ['sendrecv', 'sendrecv'],
      ] as const) {
        near.request('INVITE', { body: hold(30_000, asked) });
        const invite = await otherPeer.next('INVITE');
        expect(invite.body).toContain(`a=${asked}`);
        expect(invite.body).toContain(`a=x-relayed:offer-${asker}`);
        expect(uriOf(header(invite, 'contact'))).not.toContain('localhost');
        other.reply(invite, 200, 'OK', { body: hold(40_000, answered) });
        const ok = await nearPeer.next(200);
        expect(ok.body).toContain(`a=${answered}`);
        expect(ok.body).toContain(`a=x-relayed:answer-${far}`);
        near.ack(ok);
        await otherPeer.next('ACK');
      }
      const pair = [`offer ${asker}`, `answer ${far}`];
      expect(stage().rig.media.steps).toEqual([...pair, ...pair]);
      await stage().end(talk);
      expect(await stage().rig.nextRecord()).toMatchObject({ outcomeCode: 'answered', warnings: [] });
    },
  );

  it.each(['caller', 'callee'] as const)(
    'of the %s that is refused: the answer passes, and the media stays as agreed',
    async (asker) => {
      const talk = await stage().talk();
      const { near, nearPeer, other, otherPeer } = sides(stage(), talk, asker);
      stage().rig.media.steps.length = 0;
      near.request('INVITE', { body: sdp(30_000) });
      other.reply(await otherPeer.next('INVITE'), 488, 'Not Acceptable Here');
      near.ack(await nearPeer.next(488));
      await otherPeer.next('ACK');
      // The refused offer is taken back by what both had agreed on before.
      expect(stage().rig.media.steps).toEqual([`offer ${asker}`, 'offer caller', 'answer callee']);
      await stage().end(talk);
      expect(await stage().rig.nextRecord()).toMatchObject({ outcomeCode: 'answered' });
    },
  );

  it('that is refused after another one was agreed: the later agreement stays', async () => {
    const { rig, pbx, carrier } = stage();
    const offers: string[] = [];
    const talk = await stage().talk();
    talk.callee.request('INVITE', { body: sdp(41_000) });
    talk.caller.reply(await pbx.next('INVITE'), 200, 'OK', { body: sdp(31_000) });
    talk.callee.ack(await carrier.next(200));
    await pbx.next('ACK');
    rig.media.steps.length = 0;
    rig.media.beforeSdp = (step, body) => offers.push(`${step} ${/m=audio (\d+)/.exec(body)?.[1] ?? ''}`);
    talk.caller.request('INVITE', { body: sdp(32_000) });
    talk.callee.reply(await carrier.next('INVITE'), 488, 'Not Acceptable Here');
    talk.caller.ack(await pbx.next(488));
    await carrier.next('ACK');
    rig.media.beforeSdp = () => undefined;
    expect(offers).toEqual(['offer caller 32000', 'offer callee 41000', 'answer caller 31000']);
    await stage().end(talk);
    await rig.nextRecord();
  });

  it('while the other side’s is under way gets 491, and the first goes on (RFC 3261 §14.2)', async () => {
    const { pbx, carrier, rig } = stage();
    const talk = await stage().talk();
    talk.caller.request('INVITE', { body: sdp(30_000) });
    const first = await carrier.next('INVITE');
    talk.callee.request('INVITE', { body: sdp(40_000) });
    talk.callee.ack(await carrier.next(491));
    talk.callee.reply(first, 200, 'OK', { body: sdp(40_001) });
    talk.caller.ack(await pbx.next(200));
    await carrier.next('ACK');
    // Afterwards, the one that had to wait may ask again.
    talk.callee.request('INVITE', { body: sdp(40_000) });
    talk.caller.reply(await pbx.next('INVITE'), 200, 'OK', { body: sdp(30_001) });
    talk.callee.ack(await carrier.next(200));
    await pbx.next('ACK');
    await stage().end(talk);
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'answered' });
  });

  it('of the caller and of the callee at once: the callee’s 491 passes, and both may try again', async () => {
    const { pbx, carrier, rig } = stage();
    const talk = await stage().talk();
    talk.caller.request('INVITE', { body: sdp(30_000) });
    const first = await carrier.next('INVITE');
    talk.callee.request('INVITE', { body: sdp(40_000) });
    talk.callee.ack(await carrier.next(491));
    talk.callee.reply(first, 491, 'Request Pending');
    talk.caller.ack(await pbx.next(491));
    await carrier.next('ACK');
    talk.caller.request('INVITE', { body: sdp(30_000) });
    talk.callee.reply(await carrier.next('INVITE'), 200, 'OK', { body: sdp(40_000) });
    talk.caller.ack(await pbx.next(200));
    await carrier.next('ACK');
    await stage().end(talk);
    await rig.nextRecord();
  });

  it('with an SDP that the media node refuses gets 488, and the other side is not asked', async () => {
    const { pbx, carrier, rig } = stage();
    const talk = await stage().talk();
    rig.media.before = () => {
      throw new Error('not acceptable');
    };
    talk.caller.request('INVITE', { body: sdp(30_000) });
    talk.caller.ack(await pbx.next(488));
    rig.media.before = () => undefined;
    await stage().end(talk);
    expect(carrier.untaken).toEqual([]);
    await rig.nextRecord();
  });

  it('that the other side answers with 481 ends the call (RFC 3261 §12.2.1.2)', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee } = await stage().talk();
    caller.request('INVITE', { body: sdp(30_000) });
    callee.reply(await carrier.next('INVITE'), 481, 'Call/Transaction Does Not Exist');
    caller.ack(await pbx.next(({ status, headers }) => status >= 400 && headers.length > 0));
    const bye = await pbx.next('BYE');
    caller.reply(bye, 200, 'OK');
    expect(header(bye, 'reason')).toContain('Trunkline;cause=dialog-lost');
    const late = carrier.next('BYE').then((message) => {
      callee.reply(message, 481, 'Call/Transaction Does Not Exist');
    });
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'dialog-lost', hungUpBy: 'trunkline' });
    await late;
  });

  it('without SDP: the other side offers, and the ACK brings the answer', async () => {
    const { pbx, carrier, rig } = stage();
    const talk = await stage().talk();
    rig.media.steps.length = 0;
    talk.caller.request('INVITE');
    const invite = await carrier.next('INVITE');
    expect(invite.body).toBe('');
    talk.callee.reply(invite, 200, 'OK', { body: sdp(40_000) });
    const ok = await pbx.next(200);
    expect(ok.body).toContain('a=x-relayed:offer-callee');
    talk.caller.ack(ok, { body: sdp(30_000) });
    const ack = await carrier.next('ACK');
    expect(ack.body).toContain('m=audio 30000');
    expect(ack.body).toContain('a=x-relayed:answer-caller');
    expect(rig.media.steps).toEqual(['offer callee', 'answer caller']);
    await stage().end(talk);
    await rig.nextRecord();
  });

  it('without SDP, and the asker hangs up instead of an ACK: the other side gets its ACK and the BYE', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee } = await stage().talk();
    caller.request('INVITE');
    callee.reply(await carrier.next('INVITE'), 200, 'OK', { body: sdp(40_000) });
    await pbx.next(answerTo('INVITE', 200));
    caller.request('BYE');
    await pbx.next(answerTo('BYE', 200));
    const ack = await carrier.next('ACK');
    // The answer that was agreed before.
    expect(ack.body).toContain('m=audio 10000');
    callee.reply(await carrier.next('BYE'), 200, 'OK');
    expect(await rig.nextRecord()).toMatchObject({
      outcomeCode: 'answered',
      hungUpBy: 'caller',
      warnings: [],
    });
  });

  it('that is still open when a side hangs up is ended with the call', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee } = await stage().talk();
    caller.request('INVITE', { body: sdp(30_000) });
    const invite = await carrier.next('INVITE');
    callee.request('BYE');
    await carrier.next(200);
    callee.reply(invite, 487, 'Request Terminated');
    await carrier.next('ACK');
    caller.ack(await pbx.next(({ status, headers }) => status >= 400 && headers.length > 0));
    caller.reply(await pbx.next('BYE'), 200, 'OK');
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'answered', hungUpBy: 'callee' });
  });
});
