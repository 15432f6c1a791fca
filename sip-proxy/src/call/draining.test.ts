// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { TERMINATION_HOST } from './test-kit/edge-fixture.ts';
import { answerTo, onCallStage } from './test-kit/call-stage.ts';
import { header } from './test-kit/sip-peer.ts';

onCallStage('draining', (stage) => {
  it('refuses new calls and pings, and is done when the last call has ended', async () => {
    const { rig, pbx, carrier } = stage();
    const talk = await stage().talk();
    let idle = false;
    const drained = rig.registry.drain().then(() => (idle = true));
    const refused = stage().invite();
    const answer = await pbx.next(answerTo('INVITE', 503));
    refused.ack(answer);
    expect(header(answer, 'reason')).toContain('Trunkline;cause=draining');
    expect(await rig.nextRecord()).toMatchObject({ sipStatus: 503, outcomeCode: 'draining' });
    pbx.options({ uri: `sip:${TERMINATION_HOST}`, via: rig.engine.sip });
    await pbx.next(answerTo('OPTIONS', 503));
    // What runs goes on, requests within the call included.
    talk.caller.request('INFO');
    talk.callee.reply(await carrier.next('INFO'), 200, 'OK');
    await pbx.next(answerTo('INFO', 200));
    expect(idle).toBe(false);
    await stage().end(talk);
    await drained;
    expect(rig.records).toHaveLength(2);
  });
});

onCallStage('a stop that does not wait', (stage) => {
  it('hangs up what talks and refuses what rings', async () => {
    const { rig, pbx, carrier } = stage();
    const talk = await stage().talk();
    const caller = stage().invite();
    const invite = await carrier.next('INVITE');
    const callee = carrier.answerer(invite);
    callee.reply(invite, 180, 'Ringing');
    await pbx.next(180);
    const drained = rig.registry.drain();
    rig.registry.hangUpAll();
    const answer = await pbx.next(answerTo('INVITE', 503));
    caller.ack(answer);
    callee.reply(await carrier.next('CANCEL'), 200, 'OK');
    callee.reply(invite, 487, 'Request Terminated');
    const byes = await Promise.all([pbx.next('BYE'), carrier.next('BYE')]);
    talk.caller.reply(byes[0], 200, 'OK');
    talk.callee.reply(byes[1], 200, 'OK');
    for (const message of [answer, ...byes])
      expect(header(message, 'reason')).toContain('Trunkline;cause=draining');
    await drained;
    expect(rig.records.map(({ outcomeCode }) => outcomeCode)).toEqual(['draining', 'draining']);
  });
});
