// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CALLED, CARRIER_ADDRESS, fixtureConfig, TERMINATION_HOST } from './test-kit/edge-fixture.ts';
import { startRig, type Rig } from './test-kit/rig.ts';
import { header, sdp, SipPeer } from './test-kit/sip-peer.ts';

// A peer that waits in vain says so first.
jest.setTimeout(20_000);

describe('a termination call', () => {
  let rig: Rig;
  let pbx: SipPeer;
  let carrier: SipPeer;
  const called = () => ({ uri: `sip:${CALLED}@${TERMINATION_HOST}`, via: rig.engine.sip });

  beforeAll(async () => {
    pbx = await SipPeer.open();
    carrier = await SipPeer.open(CARRIER_ADDRESS);
    rig = await startRig({ config: fixtureConfig({ gateways: [carrier] }) });
  }, 30_000);
  afterAll(async () => {
    await rig.stop();
    pbx.close();
    carrier.close();
  });
  afterEach(() => {
    expect(rig.registry.active).toBe(0);
    expect(rig.media.active).toBe(0);
    expect(rig.policy.limits.view(Date.now()).concurrent('trunk/acme/acme')).toBe(0);
  });

  it('is answered and hung up by the caller', async () => {
    const caller = pbx.invite(called(), { body: sdp(10_000) });
    const invite = await carrier.next('INVITE');
    const callee = carrier.answerer(invite);
    callee.reply(invite, 180, 'Ringing');
    await pbx.next(180);
    callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
    const ok = await pbx.next(200);
    await carrier.next('ACK');
    caller.ack(ok);

    expect(invite.start).toBe(`INVITE sip:${CALLED}@${carrier.address}:${carrier.port} SIP/2.0`);
    expect(header(invite, 'from')).toMatch(
      new RegExp(`^<sip:\\+15550100@${rig.engine.sip.address}:\\d+>;tag=`),
    );
    expect(header(invite, 'p-asserted-identity')).toContain('sip:+15550100@');
    expect(header(invite, 'max-forwards')).toBe('69');
    expect(invite.body).toContain('a=x-relayed:offer-caller');
    expect(ok.body).toContain('a=x-relayed:answer-callee');
    expect(rig.registry.active).toBe(1);

    caller.request('BYE');
    await pbx.next(200);
    const bye = await carrier.next('BYE');
    callee.reply(bye, 200, 'OK');
    const record = await rig.nextRecord();
    expect(record).toMatchObject({
      direction: 'termination',
      status: 'completed',
      sipStatus: 200,
      outcomeCode: 'answered',
      hungUpBy: 'caller',
      from: '+15550100',
      to: CALLED,
      media: { node: '127.0.0.1:2223', packetsFromCaller: 11, packetsFromCallee: 7 },
      warnings: [],
    });
    expect(record.attempts).toMatchObject([{ status: 200, outcome: 'answered' }]);
  });
});
