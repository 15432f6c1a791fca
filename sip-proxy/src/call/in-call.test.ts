// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { answerTo, onCallStage } from './test-kit/call-stage.ts';
import { header, sdp } from './test-kit/sip-peer.ts';

const dtmf = {
  headers: { 'Content-Type': 'application/dtmf-relay', 'X-Secret': 'inside' },
  body: 'Signal=5\r\nDuration=160\r\n',
};

onCallStage('a request within the call', (stage) => {
  it.each(['INFO', 'MESSAGE', 'NOTIFY'])('%s is relayed both ways, body and answer', async (method) => {
    const { pbx, carrier, rig } = stage();
    const talk = await stage().talk();
    talk.caller.request(method, dtmf);
    const relayed = await carrier.next(method);
    expect(relayed.body).toBe(dtmf.body);
    expect(header(relayed, 'content-type')).toBe('application/dtmf-relay');
    expect(header(relayed, 'x-secret')).toBe('');
    talk.callee.reply(relayed, 200, 'OK');
    await pbx.next(answerTo(method, 200));
    talk.callee.request(method, dtmf);
    const back = await pbx.next(method);
    expect(back.body).toBe(dtmf.body);
    talk.caller.reply(back, 415, 'Unsupported Media Type');
    await carrier.next(415);
    await stage().end(talk);
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'answered', warnings: [] });
  });

  it('INFO that the far side answers with 481 ends the call (RFC 3261 §12.2.1.2)', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee } = await stage().talk();
    caller.request('INFO', dtmf);
    callee.reply(await carrier.next('INFO'), 481, 'Call/Transaction Does Not Exist');
    await pbx.next(481);
    const bye = await pbx.next('BYE');
    caller.reply(bye, 200, 'OK');
    callee.reply(await carrier.next('BYE'), 481, 'Call/Transaction Does Not Exist');
    expect(header(bye, 'reason')).toContain('Trunkline;cause=dialog-lost');
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'dialog-lost', hungUpBy: 'trunkline' });
  });

  it('UPDATE with an offer is passed on as UPDATE where the far side takes it, else as re-INVITE', async () => {
    const { pbx, carrier, rig } = stage();
    const talk = await stage().talk({ callee: { headers: { Allow: 'INVITE, ACK, BYE, UPDATE' } } });
    talk.caller.request('UPDATE', { body: sdp(30_000) });
    const update = await carrier.next('UPDATE');
    expect(update.body).toContain('a=x-relayed:offer-caller');
    talk.callee.reply(update, 200, 'OK', { body: sdp(40_000) });
    expect((await pbx.next(answerTo('UPDATE', 200))).body).toContain('a=x-relayed:answer-callee');
    // The caller's INVITE named no UPDATE.
    talk.callee.request('UPDATE', { body: sdp(40_000) });
    talk.caller.reply(await pbx.next('INVITE'), 200, 'OK', { body: sdp(30_000) });
    await pbx.next('ACK');
    await carrier.next(answerTo('UPDATE', 200));
    await stage().end(talk);
    await rig.nextRecord();
  });

  it('UPDATE without SDP is answered and not passed on', async () => {
    const { pbx, carrier, rig } = stage();
    const talk = await stage().talk();
    talk.caller.request('UPDATE');
    await pbx.next(answerTo('UPDATE', 200));
    await stage().end(talk);
    expect(carrier.untaken).toEqual([]);
    await rig.nextRecord();
  });

  it('REFER is refused with 603 and a reason, and the call goes on', async () => {
    const { pbx, carrier, rig } = stage();
    const talk = await stage().talk();
    talk.callee.request('REFER', { headers: { 'Refer-To': '<sip:+442079460999@acme.pstn.example.com>' } });
    const answer = await carrier.next(603);
    expect(header(answer, 'reason')).toContain('Trunkline;cause=not-implemented');
    await stage().end(talk);
    expect(pbx.untaken.filter(({ method }) => method === 'REFER')).toEqual([]);
    await rig.nextRecord();
  });
});

onCallStage('a request of the callee before the caller has its 200', (stage) => {
  /** The callee has answered, and the media node takes its time. */
  const halfway = async () => {
    const { rig, carrier } = stage();
    const asked = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    rig.media.before = async (step) => {
      if (step !== 'answer callee') return;
      asked.resolve(undefined);
      await release.promise;
    };
    const caller = stage().invite();
    const invite = await carrier.next('INVITE');
    const callee = carrier.answerer(invite);
    callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
    await carrier.next('ACK');
    await asked.promise;
    return {
      caller,
      callee,
      release: () => {
        rig.media.before = () => undefined;
        release.resolve(undefined);
      },
    };
  };

  it('waits for it, and is relayed then', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee, release } = await halfway();
    callee.request('INFO', dtmf);
    callee.request('INVITE', { body: sdp(20_002) });
    await carrier.next(100);
    release();
    caller.ack(await pbx.next(answerTo('INVITE', 200)));
    caller.reply(await pbx.next('INFO'), 200, 'OK');
    await carrier.next(answerTo('INFO', 200));
    const reinvite = await pbx.next('INVITE');
    expect(reinvite.body).toContain('m=audio 20002');
    caller.reply(reinvite, 200, 'OK', { body: sdp(10_002) });
    callee.ack(await carrier.next(answerTo('INVITE', 200)));
    caller.request('BYE');
    callee.reply(await carrier.next('BYE'), 200, 'OK');
    await pbx.next(answerTo('BYE', 200));
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'answered' });
  });

  it('is ended where the caller gives up first', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee, release } = await halfway();
    callee.request('INVITE', { body: sdp(20_002) });
    await carrier.next(100);
    caller.cancel();
    caller.ack(await pbx.next(487));
    release();
    callee.ack(await carrier.next(487));
    callee.reply(await carrier.next('BYE'), 200, 'OK');
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'caller-cancelled' });
  });
});
