// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { getHeader } from '../message/index.ts';
import { eventually, leaderOf, Rig, textOf } from './testing/rig.ts';
import type { FrameClient } from './testing/rig.ts';
import { SDP } from './testing/sip-peer.ts';
import type { SipPeer } from './testing/sip-peer.ts';

/* Every kind of frame token by token, seen by an app without drachtio-srf: §2 of the wire protocol. */
const TIME = expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{6}$/);
const ID = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe('frames', () => {
  let rig: Rig;
  let app: FrameClient;
  let peer: SipPeer;
  let port: string;

  beforeEach(async () => {
    rig = await Rig.start();
    app = await rig.frames();
    peer = await rig.udp();
    port = `${peer.port}`;
    for (const verb of ['invite', 'options', 'info']) await app.ask(`route|${verb}`);
  });

  afterEach(async () => {
    await rig.close();
  });

  const dialogIdOf = (invite: Parameters<typeof getHeader>[0]): string =>
    `${getHeader(invite, 'Call-ID')};from-tag=${getHeader(invite, 'From')?.split('tag=')[1]}`;

  async function answered(): Promise<{
    txn: string;
    dialogId: string;
    uri: string;
    answer: ReturnType<SipPeer['invite']>;
    ok: Awaited<ReturnType<SipPeer['response']>>;
  }> {
    const answer = peer.invite();
    const frame = await app.sip('INVITE');
    const txn = leaderOf(frame)[8] ?? '';
    await app.ask(`sip|${txn}|\r\nSIP/2.0 200 OK\r\n\r\n${SDP}`);
    const ok = await peer.response(200);
    return { txn, dialogId: dialogIdOf(answer), uri: answer.uri, answer, ok };
  }

  it('brings a new request in 13 tokens', async () => {
    const invite = peer.invite({ headers: [{ name: 'x-odd', value: 'kept' }] });
    const frame = await app.sip('INVITE');
    const tokens = leaderOf(frame);
    expect(tokens).toEqual([
      ...[ID, 'sip', 'network', expect.stringMatching(/^\d{3}$/), 'udp', '127.0.0.1', port, TIME, ID, ''],
      ...['127.0.0.1', `${rig.sipPort}`, ''],
    ]);
    const text = textOf(frame);
    expect(text).toContain('\r\nx-odd: kept\r\n');
    expect(text).toContain(`;rport=${port}`);
    expect(text.endsWith(`\r\n\r\n${SDP}`)).toBe(true);
    expect(text).toContain(invite.uri);
  });

  it('replies to a response with transaction, dialog and the text as sent', async () => {
    const invite = peer.invite();
    const txn = leaderOf(await app.sip('INVITE'))[8] ?? '';
    const id = app.send(`sip|${txn}|\r\nSIP/2.0 200 OK\r\n\r\n${SDP}`);
    const frame = await app.next((one) => leaderOf(one)[2] === id);
    const dialogId = dialogIdOf(invite);
    expect(leaderOf(frame)).toEqual([
      ...[
        ID,
        'response',
        id,
        'OK',
        'application',
        expect.stringMatching(/^\d+$/),
        'udp',
        '127.0.0.1',
        port,
        TIME,
      ],
      ...[txn, dialogId, '', 'Msg sent:', ''],
    ]);
    const text = textOf(frame);
    expect(text).toMatch(/^SIP\/2\.0 200 OK\r\n/);
    expect(text).toContain(`\r\nContact: <sip:127.0.0.1:${rig.sipPort}>\r\n`);
    expect(text).toMatch(/\r\nTo: <sip:\+15550101@127\.0\.0\.1>;tag=[0-9a-f]+\r\n/);
    expect(text).toContain(`\r\nContent-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n`);
    expect(text.endsWith(`\r\n\r\n${SDP}`)).toBe(true);
    expect(Number(leaderOf(frame)[5])).toBe(Buffer.byteLength(text));
  });

  it('replies to a request with its transaction at token 10, and brings its responses in 11 tokens', async () => {
    const uri = `sip:+15550101@127.0.0.1:${port}`;
    const id = app.send(`sip||\r\nINVITE ${uri} SIP/2.0\r\n\r\n${SDP}`);
    const reply = await app.next((one) => leaderOf(one)[2] === id);
    expect(leaderOf(reply)).toEqual([
      ...[
        ID,
        'response',
        id,
        'OK',
        'application',
        expect.stringMatching(/^\d+$/),
        'udp',
        '127.0.0.1',
        `${rig.sipPort}`,
        TIME,
      ],
      ...[ID, 'Msg sent:', ''],
    ]);
    const txn = leaderOf(reply)[10];
    const invite = await peer.request('INVITE');
    expect(textOf(reply)).toContain(`Call-ID: ${getHeader(invite, 'Call-ID')}`);
    expect(textOf(reply)).toContain(`From: ${getHeader(invite, 'From')}`);
    peer.respond(invite, 100);
    peer.respond(invite, 183, { body: SDP });
    const progress = await app.sip('SIP/2.0 183');
    expect(leaderOf(progress)).toEqual([
      ...[
        ID,
        'sip',
        'network',
        expect.stringMatching(/^\d{3}$/),
        'udp',
        '127.0.0.1',
        port,
        TIME,
        txn,
        dialogIdOf(invite),
        '',
      ],
    ]);
    peer.respond(invite, 486);
    const busy = await app.sip('SIP/2.0 486');
    expect(leaderOf(busy).slice(8)).toEqual([txn, dialogIdOf(invite), '']);
    await peer.request('ACK');
    // The 100 stays with the engine.
    expect(app.frames.some((one) => textOf(one).startsWith('SIP/2.0 100'))).toBe(false);
    expect((await app.ask(`sip||${dialogIdOf(invite)}\r\nACK ${uri} SIP/2.0\r\n\r\n`)).slice(3)).toEqual([
      'NOK',
      'Server error: ACK for non-success final response is automatically generated by server',
    ]);
  });

  it('names the INVITE for the ACK of its 200, and a fresh id for that of a re-INVITE', async () => {
    const call = await answered();
    peer.within('ACK', call.answer, call.ok);
    expect(leaderOf(await app.sip('ACK')).slice(8)).toEqual([call.txn, call.dialogId, '']);
    peer.within('INVITE', call.answer, call.ok, { cseq: 2, body: SDP });
    const again = leaderOf(await app.sip('INVITE'));
    expect(again).toHaveLength(11);
    expect(again.slice(8)).toEqual([ID, call.dialogId, '']);
    expect(again[8]).not.toBe(call.txn);
    await app.ask(`sip|${again[8]}|\r\nSIP/2.0 200 OK\r\n\r\n${SDP}`);
    const ok = await peer.response(200, 'INVITE');
    peer.within('ACK', call.answer, ok, { cseq: 2 });
    const ack = leaderOf(await app.sip('ACK'));
    expect(ack.slice(8)).toEqual([ID, call.dialogId, '']);
    expect([call.txn, again[8]]).not.toContain(ack[8]);
  });

  it('answers CANCEL and INVITE itself, then tells the app; its late answer is for an unknown transaction', async () => {
    const invite = peer.invite();
    const txn = leaderOf(await app.sip('INVITE'))[8] ?? '';
    peer.cancel(invite);
    await peer.response(200, 'CANCEL');
    await peer.response(487, 'INVITE');
    expect(leaderOf(await app.sip('CANCEL')).slice(8)).toEqual([txn, '', '']);
    expect((await app.ask(`sip|${txn}|\r\nSIP/2.0 487 Request Terminated\r\n\r\n`)).slice(3)).toEqual([
      'NOK',
      'Response not sent due to unknown transaction',
    ]);
    expect((await app.ask('ping'))[3]).toBe('OK');
  });

  it('names the dialog on a CANCEL after a provisional response', async () => {
    const invite = peer.invite();
    const txn = leaderOf(await app.sip('INVITE'))[8] ?? '';
    const reply = await app.ask(`sip|${txn}|\r\nSIP/2.0 180 Ringing\r\n\r\n`);
    expect(reply.slice(10, 12)).toEqual([txn, dialogIdOf(invite)]);
    peer.cancel(invite);
    expect(leaderOf(await app.sip('CANCEL')).slice(8)).toEqual([txn, dialogIdOf(invite), '']);
    const [ringing, ended] = [await peer.response(180), await peer.response(487)];
    expect(getHeader(ended, 'To')).toBe(getHeader(ringing, 'To'));
    expect(rig.engine.load).toEqual({ dialogs: 0, server: 0, client: 0 });
  });

  it('brings a BYE with a new id, and its answer has no dialog', async () => {
    const call = await answered();
    peer.within('ACK', call.answer, call.ok);
    await app.sip('ACK');
    peer.within('BYE', call.answer, call.ok);
    const bye = leaderOf(await app.sip('BYE'));
    expect(bye.slice(8)).toEqual([ID, call.dialogId, '']);
    const reply = await app.ask(`sip|${bye[8]}|\r\nSIP/2.0 200 OK\r\n\r\n`);
    expect(reply.slice(10, 12)).toEqual([bye[8], '']);
    await peer.response(200, 'BYE');
  });

  it('brings INFO within an early dialog as a new request', async () => {
    const invite = peer.invite();
    const txn = leaderOf(await app.sip('INVITE'))[8] ?? '';
    await app.ask(`sip|${txn}|\r\nSIP/2.0 180 Ringing\r\n\r\n`);
    const ringing = await peer.response(180);
    peer.within('INFO', invite, ringing);
    const info = leaderOf(await app.sip('INFO'));
    expect(info).toHaveLength(13);
    expect(info[9]).toBe('');
    peer.within('MESSAGE', invite, ringing, { cseq: 3 });
    await peer.response(503, 'MESSAGE');
  });

  it('brings UPDATE within an early dialog under the id of the INVITE, and only one at a time', async () => {
    const invite = peer.invite();
    const txn = leaderOf(await app.sip('INVITE'))[8] ?? '';
    await app.ask(`sip|${txn}|\r\nSIP/2.0 183 Session Progress\r\n\r\n${SDP}`);
    const progress = await peer.response(183);
    peer.within('UPDATE', invite, progress, { body: SDP });
    expect(leaderOf(await app.sip('UPDATE')).slice(8)).toEqual([txn, dialogIdOf(invite), '']);
    peer.within('UPDATE', invite, progress, { cseq: 3, body: SDP });
    await peer.response(500, 'UPDATE');
    await app.ask(`sip|${txn}|\r\nSIP/2.0 200 OK\r\ncseq: 2 UPDATE\r\n\r\n${SDP}`);
    await peer.response(200, 'UPDATE');
    // The INVITE is still open.
    expect((await app.ask(`sip|${txn}|\r\nSIP/2.0 200 OK\r\ncseq: 1 INVITE\r\n\r\n${SDP}`))[3]).toBe('OK');
    await peer.response(200, 'INVITE');
  });

  it('tells of its own BYE when no ACK comes', async () => {
    const call = await answered();
    const bye = await peer.request('BYE');
    const reason = 'SIP;cause=200;text="ACK timeout"';
    expect(getHeader(bye, 'Reason')).toBe(reason);
    const frame = await app.sip('BYE');
    expect(leaderOf(frame).slice(1, 4)).toEqual(['sip', 'application', '0']);
    expect(leaderOf(frame).slice(8)).toEqual(['unsolicited', call.dialogId, '']);
    expect(textOf(frame)).toContain(`\r\nReason: ${reason}\r\n`);
    const repeats = peer.log.filter((one) => one.kind === 'response' && one.status === 200).length;
    expect(repeats).toBeGreaterThan(4);
    peer.respond(bye, 200);
    expect(rig.engine.load.dialogs).toBe(0);
  });

  it('makes 408 with bytes 0 and no address where nobody answers', async () => {
    const id = app.send(`sip||\r\nOPTIONS sip:a@127.0.0.1:${port} SIP/2.0\r\n\r\n`);
    const txn = leaderOf(await app.next((one) => leaderOf(one)[2] === id))[10];
    const frame = await app.sip('SIP/2.0 408');
    expect(leaderOf(frame)).toEqual([ID, 'sip', 'network', '0', '', '', '0', TIME, txn, '', '']);
    expect(peer.log.length).toBeGreaterThan(3);
    expect(rig.engine.load.client).toBe(0);
  });

  it('makes 503 where a name does not resolve or a connection is refused, after the OK', async () => {
    const closed = await rig.tcp(false);
    closed.close();
    for (const [target, reason] of [
      ['sip:a@does-not-exist.invalid', '503 DNS Error'],
      [`sip:a@127.0.0.1:${closed.port};transport=tcp`, '503 Service Unavailable'],
    ] as const) {
      const id = app.send(`sip||\r\nINVITE ${target} SIP/2.0\r\n\r\n${SDP}`);
      const ok = await app.next((one) => leaderOf(one)[2] === id);
      expect(leaderOf(ok)[3]).toBe('OK');
      expect(textOf(ok)).toMatch(/\r\nFrom: [^\r]+;tag=/);
      const frame = await app.sip(`SIP/2.0 ${reason}`);
      expect(leaderOf(frame).slice(3, 9)).toEqual(['0', '', '', '0', TIME, leaderOf(ok)[10]]);
    }
    await eventually(() => rig.engine.load.client === 0, 'nothing left');
  });

  it.each([
    [
      'an unknown dialog',
      'sip||nowhere;from-tag=1\r\nINFO sip:placeholder SIP/2.0\r\n\r\n',
      'Server error: unable to find dialog for dialog id provided',
    ],
    [
      'an unknown transaction to cancel',
      'sip|t9|\r\nCANCEL sip:a@127.0.0.1 SIP/2.0\r\n\r\n',
      'unable to cancel unknown transaction id: t9',
    ],
    [
      'a body of unknown type',
      'sip||\r\nMESSAGE sip:a@127.0.0.1 SIP/2.0\r\n\r\nhello',
      'missing content-type',
    ],
    [
      'a transport that is not there',
      'sip||\r\nOPTIONS sip:a@127.0.0.1;transport=tls SIP/2.0\r\n\r\n',
      'requested protocol/transport not available',
    ],
    [
      'sips',
      'sip||\r\nOPTIONS sips:a@127.0.0.1 SIP/2.0\r\n\r\n',
      'requested protocol/transport not available',
    ],
    [
      'a proxy of another transport',
      'sip|||sip:127.0.0.1;transport=ws\r\nOPTIONS sip:a@127.0.0.1 SIP/2.0\r\n\r\n',
      'requested protocol/transport not available',
    ],
    [
      'a response to nothing',
      'sip|t9|\r\nSIP/2.0 200 OK\r\n\r\n',
      'Response not sent due to unknown transaction',
    ],
    [
      'a response to a CANCEL',
      'sip|t9|\r\nSIP/2.0 200 OK\r\ncseq: 1 CANCEL\r\n\r\n',
      '200 OK to incoming CANCEL is automatically generated by the stack',
    ],
  ])('refuses %s', async (_, frame, reason) => {
    expect((await app.ask(frame)).slice(3)).toEqual(['NOK', reason]);
  });

  it('refuses what cannot be an address, and a request to itself', async () => {
    const ask = async (rest: string): Promise<string> => (await app.ask(rest)).slice(3).join();
    expect(await ask('sip||\r\nOPTIONS foo SIP/2.0\r\n\r\n')).toMatch(/^NOK,invalid request-uri: /);
    expect(await ask('sip||\r\nOPTIONS sip:a@127.0.0.1 SIP/2.0\r\nfrom: "x <sip:a>\r\n\r\n')).toMatch(
      /^NOK,invalid from value provided by client: /,
    );
    expect(await ask(`sip||\r\nOPTIONS sip:a@127.0.0.1:${rig.sipPort} SIP/2.0\r\n\r\n`)).toBe(
      'NOK,can not send request to myself',
    );
    const call = await answered();
    expect(
      await ask(
        `sip||${call.dialogId}\r\nINVITE sip:placeholder SIP/2.0\r\nContact: <sip:a@localhost>\r\n\r\n`,
      ),
    ).toMatch(/^NOK,.*@localhost is not replaced inside a dialog/);
  });

  it('refuses a reliable provisional response to who has not offered that, and sends nothing', async () => {
    peer.invite();
    const txn = leaderOf(await app.sip('INVITE'))[8] ?? '';
    const reliable = `SIP/2.0 183 Session Progress\r\nRequire: 100rel\r\n\r\n${SDP}`;
    expect((await app.ask(`sip|${txn}|\r\n${reliable}`)).slice(3)).toEqual([
      'NOK',
      'Remote endpoint does not support 100rel',
    ]);
    await app.ask(`sip|${txn}|\r\nSIP/2.0 480 Temporarily Unavailable\r\n\r\n`);
    await peer.response(480);
    expect(peer.log.some((one) => one.kind === 'response' && one.status === 183)).toBe(false);
  });
});
