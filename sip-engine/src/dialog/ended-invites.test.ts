// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';
import type Srf from 'drachtio-srf';
import { getHeader } from '../message/index.ts';
import type { SipRequest } from '../message/index.ts';
import { Rig } from './testing/rig.ts';
import { SDP } from './testing/sip-peer.ts';
import type { SipPeer } from './testing/sip-peer.ts';

const timers = { t1: 40, t2: 80, t4: 80, t1x64: 200 };

/* Answers that come when the app has given up already. */
describe('a 2xx after our own 408 (RFC 3261 §13.2.2.4)', () => {
  let rig: Rig;
  let srf: Srf;
  let callee: SipPeer;

  async function timeOut(limits: { lateAnswerTimeout?: number } = {}): Promise<SipRequest> {
    rig = await Rig.start({ timers, limits });
    srf = await rig.app();
    callee = await rig.udp();
    const created = srf.createUAC(`sip:+15550101@127.0.0.1:${callee.port}`, { localSdp: SDP });
    await expect(created).rejects.toMatchObject({ status: 408 });
    return await callee.request('INVITE');
  }

  const count = (method: string): number =>
    callee.log.filter((message) => message.kind === 'request' && message.method === method).length;

  /** What was sent before it has been looked at by then. */
  async function roundTrip(): Promise<void> {
    callee.send(callee.compose('OPTIONS'));
    await callee.response(503);
  }

  afterEach(async () => {
    await rig.close();
  });

  it('is ACKed and ended by BYE, once, however often it comes', async () => {
    const invite = await timeOut();
    callee.respond(invite, 200, { body: SDP });
    const ack = await callee.request('ACK');
    expect(getHeader(ack, 'CSeq')).toBe(getHeader(invite, 'CSeq')?.replace('INVITE', 'ACK'));
    expect(getHeader(ack, 'To')).toMatch(/;tag=peer$/);
    expect(ack.uri).toBe(`sip:peer@127.0.0.1:${callee.port}`);
    const bye = await callee.request('BYE');
    expect(getHeader(bye, 'Reason')).toContain('answer came too late');
    callee.respond(bye, 200);
    callee.respond(invite, 200, { body: SDP });
    await callee.request('ACK');
    await roundTrip();
    expect([count('ACK'), count('BYE')]).toEqual([2, 1]);
    expect(rig.engine.load).toEqual({ dialogs: 0, server: 0, client: 0 });
  });

  it('is ended for each fork that answers', async () => {
    const invite = await timeOut();
    for (const tag of ['one', 'two']) {
      callee.respond(invite, 200, { body: SDP, tag });
      expect(getHeader(await callee.request('ACK'), 'To')).toMatch(new RegExp(`;tag=${tag}$`));
      const bye = await callee.request('BYE');
      expect(getHeader(bye, 'To')).toMatch(new RegExp(`;tag=${tag}$`));
      callee.respond(bye, 200);
    }
  });

  it('is nobody’s once the engine has forgotten the INVITE', async () => {
    const invite = await timeOut({ lateAnswerTimeout: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    callee.respond(invite, 200, { body: SDP });
    await roundTrip();
    expect([count('ACK'), count('BYE')]).toEqual([0, 0]);
  });
});
