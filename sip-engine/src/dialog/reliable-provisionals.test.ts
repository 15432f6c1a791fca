// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { getHeader } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/index.ts';
import { eventually, leaderOf, Rig, textOf } from './testing/rig.ts';
import type { FrameClient } from './testing/rig.ts';
import { SDP } from './testing/sip-peer.ts';
import type { SipPeer } from './testing/sip-peer.ts';

const reliably = (status: number, body = SDP): string =>
  `SIP/2.0 ${status} Progress\r\nRequire: 100rel\r\n\r\n${body}`;
const OK = `SIP/2.0 200 OK\r\n\r\n${SDP}`;

describe('reliable provisional responses (RFC 3262)', () => {
  let rig: Rig;
  let app: FrameClient;
  let peer: SipPeer;
  let invite: SipRequest;
  let txn: string;

  beforeEach(async () => {
    rig = await Rig.start();
    app = await rig.frames();
    peer = await rig.udp();
    await app.ask('route|invite');
    invite = peer.invite({ headers: [{ name: 'Require', value: '100rel' }] });
    txn = leaderOf(await app.sip('INVITE'))[8] ?? '';
  });
  afterEach(async () => {
    expect(rig.engine.load).toEqual({ dialogs: 0, server: 0, client: 0 });
    await rig.close();
  });

  const rseq = (response: SipResponse): string => getHeader(response, 'RSeq') ?? '';
  const copies = (status: number): number =>
    peer.log.filter((one) => one.kind === 'response' && one.status === status).length;
  const prack = (early: SipResponse, rack = `${rseq(early)} 1 INVITE`): SipRequest =>
    peer.within('PRACK', invite, early, { headers: [{ name: 'RAck', value: rack }] });
  /** The app answers the PRACK, as srf does by itself. */
  const pracked = async (early: SipResponse): Promise<void> => {
    prack(early);
    const frame = await app.sip('PRACK');
    await app.ask(`sip|${leaderOf(frame)[8] ?? ''}|\r\nSIP/2.0 200 OK\r\n\r\n`);
    await peer.response(200, 'PRACK');
  };
  const end = async (ok: SipResponse): Promise<void> => {
    peer.within('ACK', invite, ok);
    await app.sip('ACK');
    peer.within('BYE', invite, ok, { cseq: 9 });
    const bye = leaderOf(await app.sip('BYE'))[8] ?? '';
    await app.ask(`sip|${bye}|\r\nSIP/2.0 200 OK\r\n\r\n`);
    await peer.response(200, 'BYE');
  };

  it('have a number, a Contact and the dialog, are repeated, and no more after the PRACK', async () => {
    const reply = app.ask(`sip|${txn}|\r\n${reliably(183)}`);
    const early = await peer.response(183);
    expect((await reply)[3]).toBe('OK');
    expect(Number(rseq(early))).toBeGreaterThan(0);
    expect(Number(rseq(early))).toBeLessThan(2 ** 31);
    expect(getHeader(early, 'Require')).toBe('100rel');
    expect(getHeader(early, 'Contact')).toContain(`127.0.0.1:${rig.sipPort}`);
    expect(early.body.toString()).toBe(SDP);
    await eventually(() => copies(183) >= 3, 'repeated');
    prack(early);
    const frame = await app.sip('PRACK');
    expect(leaderOf(frame)[9]).toBe(
      `${getHeader(invite, 'Call-ID')};from-tag=${getHeader(invite, 'From')?.split('tag=')[1]}`,
    );
    expect(textOf(frame)).toContain(`RAck: ${rseq(early)} 1 INVITE`);
    await app.ask(`sip|${leaderOf(frame)[8] ?? ''}|\r\nSIP/2.0 200 OK\r\n\r\n`);
    const after = copies(183);
    await app.ask(`sip|${txn}|\r\n${OK}`);
    await end(await peer.response(200, 'INVITE'));
    expect(copies(183)).toBe(after);
  });

  it('go one by one, in order, and the 2xx last', async () => {
    const replies = [reliably(183), reliably(180, ''), OK].map((text) => app.ask(`sip|${txn}|\r\n${text}`));
    const first = await peer.response(183);
    await eventually(() => copies(183) >= 2, 'repeated');
    expect([copies(180), copies(200)]).toEqual([0, 0]);
    await pracked(first);
    const second = await peer.response(180);
    expect(Number(rseq(second))).toBe(Number(rseq(first)) + 1);
    expect(copies(200)).toBe(1);
    await pracked(second);
    const ok = await peer.response(200, 'INVITE');
    for (const reply of replies) expect((await reply)[3]).toBe('OK');
    await end(ok);
  });

  it('take 481 for a PRACK that is for none of them', async () => {
    await app.ask(`sip|${txn}|\r\n${reliably(183)}`);
    const early = await peer.response(183);
    prack(early, `${Number(rseq(early)) + 1} 1 INVITE`);
    await peer.response(481, 'PRACK');
    prack(early, `${rseq(early)} 2 INVITE`);
    await peer.response(481, 'PRACK');
    await pracked(early);
    prack(early);
    await peer.response(481, 'PRACK');
    await app.ask(`sip|${txn}|\r\nSIP/2.0 486 Busy Here\r\n\r\n`);
    await peer.response(486);
  });

  it('are over with a refusal, which does not wait', async () => {
    await app.ask(`sip|${txn}|\r\n${reliably(183)}`);
    await peer.response(183);
    const held = app.ask(`sip|${txn}|\r\n${OK}`);
    await app.ask(`sip|${txn}|\r\nSIP/2.0 486 Busy Here\r\n\r\n`);
    await peer.response(486);
    expect((await held).slice(3)).toEqual(['NOK', 'Response not sent due to unknown transaction']);
    expect(copies(200)).toBe(0);
  });

  it('are over with a CANCEL', async () => {
    await app.ask(`sip|${txn}|\r\n${reliably(183)}`);
    await peer.response(183);
    const held = app.ask(`sip|${txn}|\r\n${OK}`);
    peer.cancel(invite);
    await peer.response(487);
    await app.sip('CANCEL');
    expect((await held)[3]).toBe('NOK');
    const before = copies(183);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(copies(183)).toBe(before);
  });

  it('end the INVITE with 503 where no PRACK ever comes, and the app hears a CANCEL', async () => {
    await app.ask(`sip|${txn}|\r\n${reliably(183)}`);
    // After 64 x T1, 2.6 s here.
    await peer.response(503);
    expect(leaderOf(await app.sip('CANCEL'))[8]).toBe(txn);
  });
});
