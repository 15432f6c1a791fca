// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type Srf from 'drachtio-srf';
import { getHeader } from '../message/index.ts';
import { eventually, Rig } from './testing/rig.ts';
import { SDP } from './testing/sip-peer.ts';
import type { SipPeer } from './testing/sip-peer.ts';

/* drachtio-srf's createB2BUA between two sockets: §5.3 to 5.5 of the wire protocol. */
describe('a call bridged by drachtio-srf', () => {
  let rig: Rig;
  let srf: Srf;
  let caller: SipPeer;
  let callee: SipPeer;

  beforeEach(async () => {
    rig = await Rig.start();
    srf = await rig.app();
    caller = await rig.udp();
    callee = await rig.udp();
  });

  afterEach(async () => {
    await rig.close();
  });

  function bridge(options: object = {}): Promise<{ uas: Srf.Dialog; uac: Srf.Dialog }> {
    return new Promise((resolve, reject) => {
      srf.invite((req: Srf.SrfRequest, res: Srf.SrfResponse) => {
        srf.createB2BUA(req, res, `sip:+15550101@127.0.0.1:${callee.port}`, options).then(resolve, reject);
      });
    });
  }

  it('relays ringing, the answer and both ACKs, and ends from the caller', async () => {
    const bridged = bridge();
    const invite = caller.invite();
    await caller.response(100);
    const second = await callee.request('INVITE');
    expect(getHeader(second, 'From')).toMatch(
      new RegExp(`^<sip:\\+15550100@127\\.0\\.0\\.1:${rig.sipPort}>;tag=`),
    );
    expect(second.body.toString()).toBe(SDP);
    callee.respond(second, 100);
    callee.respond(second, 180);
    const ringing = await caller.response(180);
    expect(getHeader(ringing, 'Contact')).toBeUndefined();
    callee.respond(second, 200, { body: SDP });
    await callee.request('ACK');
    const answer = await caller.response(200);
    expect(getHeader(answer, 'Contact')).toBe(`<sip:127.0.0.1:${rig.sipPort}>`);
    expect(getHeader(answer, 'To')).toBe(getHeader(ringing, 'To'));
    caller.within('ACK', invite, answer);
    const { uas, uac } = await bridged;
    expect((uas as unknown as { id: string }).id).toBe(
      `${getHeader(invite, 'Call-ID')};from-tag=${(getHeader(invite, 'From') ?? '').split('tag=')[1]}`,
    );
    expect(rig.engine.load.dialogs).toBe(2);

    uas.on('destroy', () => {
      uac.destroy();
    });
    caller.within('BYE', invite, answer);
    await caller.response(200, 'BYE');
    const bye = await callee.request('BYE');
    expect(bye.uri).toBe(`sip:peer@127.0.0.1:${callee.port}`);
    callee.respond(bye, 200);
    await eventually(
      () => rig.engine.load.dialogs + rig.engine.load.client + rig.engine.load.server === 0,
      'all over',
    );
  });
});
