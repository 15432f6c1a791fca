// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type Srf from 'drachtio-srf';
import { getHeader, getHeaders, parseCSeq } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/index.ts';
import { asAppDialog } from './testing/app-dialog.ts';
import type { AppDialog } from './testing/app-dialog.ts';
import { eventually, Rig } from './testing/rig.ts';
import { SDP } from './testing/sip-peer.ts';
import type { SipPeer } from './testing/sip-peer.ts';

const HOLD = SDP.replace('o=- 1 1', 'o=- 1 2') + 'a=sendonly\r\n';

/* Requests within a bridged call: §5.8, 5.9, 5.11, 5.12 of the wire protocol. */
describe('within a call of drachtio-srf', () => {
  let rig: Rig;
  let srf: Srf;
  let caller: SipPeer;
  let callee: SipPeer;
  let uas: AppDialog;
  let uac: AppDialog;
  /** The caller's INVITE with our answer, and ours with the callee's. */
  let first: { invite: SipRequest; answer: SipResponse };
  let second: { invite: SipRequest; answer: SipResponse };

  async function connect(options: { parity?: boolean } = {}): Promise<void> {
    rig = await Rig.start(options);
    srf = await rig.app();
    caller = await rig.udp();
    callee = await rig.udp();
    const bridged = new Promise<{ uas: Srf.Dialog; uac: Srf.Dialog }>((resolve, reject) => {
      srf.invite((req: Srf.SrfRequest, res: Srf.SrfResponse) => {
        srf.createB2BUA(req, res, `sip:+15550101@127.0.0.1:${callee.port}`, {}).then(resolve, reject);
      });
    });
    const invite = caller.invite();
    const other = await callee.request('INVITE');
    second = { invite: other, answer: callee.respond(other, 200, { body: SDP }) };
    await callee.request('ACK');
    first = { invite, answer: await caller.response(200) };
    caller.within('ACK', first.invite, first.answer);
    const dialogs = await bridged;
    [uas, uac] = [asAppDialog(dialogs.uas), asAppDialog(dialogs.uac)];
    await new Promise((resolve) => uas.once('ack', resolve));
  }

  beforeEach(async () => {
    await connect();
  });

  afterEach(async () => {
    await rig.close();
  });

  it('relays hold and its answer from the caller, with one CSeq for INVITE and ACK', async () => {
    uas.on('modify', (req: Srf.SrfRequest, res: Srf.SrfResponse) => {
      void uac.modify(req.body).then((body) => {
        res.send(200, { body });
      });
    });
    const again = caller.within('INVITE', first.invite, first.answer, { cseq: 2, body: HOLD });
    await caller.response(100, 'INVITE');
    const relayed = await callee.request('INVITE');
    expect(relayed.uri).toBe(`sip:peer@127.0.0.1:${callee.port}`);
    expect(relayed.body.toString()).toBe(HOLD);
    expect(getHeader(relayed, 'Contact')).toBe(getHeader(second.invite, 'Contact'));
    expect(getHeader(relayed, 'To')).toContain(';tag=peer');
    callee.respond(relayed, 200, { body: SDP });
    const ack = await callee.request('ACK');
    expect(parseCSeq(getHeader(ack, 'CSeq') ?? '').sequence).toBe(
      parseCSeq(getHeader(relayed, 'CSeq') ?? '').sequence,
    );
    const answer = await caller.response(200, 'INVITE');
    expect(getHeader(answer, 'CSeq')).toBe('2 INVITE');
    expect(getHeader(answer, 'Contact')).toBe(`<sip:127.0.0.1:${rig.sipPort}>`);
    caller.within('ACK', again, answer, { cseq: 2 });
  });

  it('relays a re-INVITE from the callee, numbered after the caller', async () => {
    uac.on('modify', (req: Srf.SrfRequest, res: Srf.SrfResponse) => {
      void uas.modify(req.body).then((body) => {
        res.send(200, { body });
      });
    });
    callee.reverse('INVITE', second.invite, second.answer, { body: HOLD });
    const relayed = await caller.request('INVITE');
    expect(getHeader(relayed, 'CSeq')).toBe('2 INVITE');
    expect(getHeader(relayed, 'From')).toBe(getHeader(first.answer, 'To'));
    caller.respond(relayed, 200, { body: SDP });
    expect(getHeader(await caller.request('ACK'), 'CSeq')).toBe('2 ACK');
    await callee.response(200, 'INVITE');
  });

  it('binds each ACK to its own INVITE, whatever was sent in between', async () => {
    const headers = { Contact: 'sip:us@127.0.0.1' };
    const modified = uac.request({ method: 'INVITE', body: SDP, headers });
    const again = await callee.request('INVITE');
    void uac.request({ method: 'INFO', body: 'x', headers: { 'Content-Type': 'text/plain' } });
    const info = await callee.request('INFO');
    callee.respond(info, 200);
    callee.respond(again, 200, { body: SDP });
    const ack = await callee.request('ACK');
    const sequence = (message: SipRequest): number => parseCSeq(getHeader(message, 'CSeq') ?? '').sequence;
    expect(sequence(info)).toBe(sequence(again) + 1);
    expect(sequence(ack)).toBe(sequence(again));
    await modified;
  });

  it('brings a failed re-INVITE to the app, ACKs it and keeps the call', async () => {
    const modified = uac.request({ method: 'INVITE', body: SDP });
    const again = await callee.request('INVITE');
    callee.respond(again, 488);
    await callee.request('ACK');
    expect((await modified).status).toBe(488);
    void uac.request({ method: 'INFO' });
    expect(await callee.request('INFO')).toBeDefined();
    expect(rig.engine.load.dialogs).toBe(2);
  });

  it('does not take an answer 200 for a second ACK', async () => {
    callee.respond(second.invite, 200, { body: SDP });
    const ack = await callee.request('ACK');
    expect(getHeader(ack, 'CSeq')).toBe(getHeader(second.invite, 'CSeq')?.replace('INVITE', 'ACK'));
  });

  it.each(['INFO', 'OPTIONS', 'MESSAGE', 'NOTIFY', 'UPDATE'])('relays %s and its answer', async (method) => {
    uas.on(method.toLowerCase(), (req: Srf.SrfRequest, res: Srf.SrfResponse) => {
      const headers = { 'Content-Type': 'application/dtmf-relay' };
      void uac.request({ method, headers, body: req.body }).then((response) => {
        res.send(response.status);
      });
    });
    caller.within(method, first.invite, first.answer, { body: 'Signal=1\r\n' });
    const relayed = await callee.request(method);
    expect(relayed.body.toString()).toBe('Signal=1\r\n');
    expect(getHeader(relayed, 'Content-Type')).toBe('application/dtmf-relay');
    // drachtio gives no Contact to these, not even to UPDATE.
    expect(getHeader(relayed, 'Contact')).toBeUndefined();
    callee.respond(relayed, 415);
    await caller.response(415, method);
  });

  it('carries REFER and the NOTIFY that follows', async () => {
    uas.on('refer', (req: Srf.SrfRequest, res: Srf.SrfResponse) => {
      expect(req.get('Refer-To')).toBe('<sip:+15550102@192.0.2.1>');
      res.send(202);
      const headers = {
        Event: 'refer',
        'Subscription-State': 'terminated;reason=noresource',
        'Content-Type': 'message/sipfrag',
      };
      void uas.request({ method: 'NOTIFY', headers, body: 'SIP/2.0 200 OK\r\n' });
      void uac.request({ method: 'REFER', headers: { 'Refer-To': '<sip:+15550103@192.0.2.1>' } });
    });
    caller.within('REFER', first.invite, first.answer, {
      headers: [{ name: 'Refer-To', value: '<sip:+15550102@192.0.2.1>' }],
    });
    await caller.response(202, 'REFER');
    const notify = await caller.request('NOTIFY');
    expect(getHeader(notify, 'Subscription-State')).toBe('terminated;reason=noresource');
    caller.respond(notify, 200);
    const refer = await callee.request('REFER');
    expect(getHeader(refer, 'Contact')).toBe(getHeader(second.invite, 'Contact'));
    callee.respond(refer, 202);
    expect(rig.engine.load.dialogs).toBe(2);
  });

  it('ends from the callee', async () => {
    const ended = new Promise((resolve) =>
      uac.on('destroy', (_, reason) => {
        resolve(reason);
      }),
    );
    uac.on('destroy', () => {
      void uas.destroy();
    });
    callee.reverse('BYE', second.invite, second.answer);
    await callee.response(200, 'BYE');
    expect(await ended).toBe('normal release');
    const bye = await caller.request('BYE');
    expect(getHeader(bye, 'CSeq')).toBe('2 BYE');
    caller.respond(bye, 200);
    await idle();
    callee.reverse('BYE', second.invite, second.answer, { cseq: 2 });
    await callee.response(481, 'BYE');
  });

  it('keeps no call whose peer answers no BYE', async () => {
    const destroyed = uac.destroy();
    await callee.request('BYE');
    void uas.destroy();
    caller.respond(await caller.request('BYE'), 481);
    await destroyed;
    await idle();
  });

  it('keeps the call when its BYE is challenged, and ends it with the answer', async () => {
    const destroyed = uac.destroy({ auth: { username: 'a', password: 'b' } });
    const bye = await callee.request('BYE');
    callee.respond(bye, 407, {
      headers: [{ name: 'Proxy-Authenticate', value: 'Digest realm="r", nonce="n"' }],
    });
    const again = await callee.request('BYE');
    expect(getHeader(again, 'Proxy-Authorization')).toContain('username="a"');
    expect(parseCSeq(getHeader(again, 'CSeq') ?? '').sequence).toBe(
      parseCSeq(getHeader(bye, 'CSeq') ?? '').sequence + 1,
    );
    callee.respond(again, 200);
    await destroyed;
    expect(rig.engine.load.dialogs).toBe(1);
  });

  it('cancels its own re-INVITE before its BYE', async () => {
    uac.request({ method: 'INVITE', body: SDP }).catch(() => undefined);
    const again = await callee.request('INVITE');
    callee.respond(again, 100);
    void uac.destroy();
    callee.respond(await callee.request('CANCEL'), 200);
    callee.respond(again, 487);
    callee.respond(await callee.request('BYE'), 200);
    await eventually(() => rig.engine.load.dialogs === 1, 'callee gone');
  });

  it('answers what the app still owes when the call ends', async () => {
    uas.on('info', () => undefined);
    const info = caller.within('INFO', first.invite, first.answer, { cseq: 2 });
    await eventually(() => rig.engine.load.server === 1, 'INFO with the app');
    caller.within('BYE', first.invite, first.answer, { cseq: 3 });
    await caller.response(500, 'INFO');
    await caller.response(200, 'BYE');
    expect(getHeader(info, 'CSeq')).toBe('2 INFO');
    expect(rig.engine.load.server).toBe(0);
  });

  it('refuses a re-INVITE without Contact and what belongs to no dialog', async () => {
    const odd = { ...first.invite, headers: first.invite.headers.filter(({ name }) => name !== 'Contact') };
    const to = { name: 'To', value: getHeader(first.answer, 'To') ?? '' };
    const headers = odd.headers.map((header) => {
      if (header.name === 'To') return to;
      if (header.name === 'CSeq') return { name: 'CSeq', value: '9 INVITE' };
      return header.name === 'Via' ? { name: 'Via', value: `${header.value}9` } : header;
    });
    caller.send({ ...odd, headers });
    await caller.response(400, 'INVITE');
    const foreign = caller.compose('INVITE', { body: SDP });
    for (const header of foreign.headers) if (header.name === 'To') header.value += ';tag=unknown';
    caller.send(foreign);
    await caller.response(100);
    await caller.response(481, 'INVITE');
    // The right Call-ID and our tag, but not the peer's.
    const stranger = callee.compose('BYE', {
      callId: getHeader(first.invite, 'Call-ID') ?? '',
      tag: 'stranger',
    });
    for (const header of stranger.headers) if (header.name === 'To') header.value = to.value;
    callee.send(stranger);
    await callee.response(481, 'BYE');
    expect(rig.engine.load.dialogs).toBe(2);
  });

  it('clears a call without its app when the peer hangs up', async () => {
    rig.disconnect(srf);
    caller.within('INFO', first.invite, first.answer, { cseq: 2 });
    await caller.response(481, 'INFO');
    caller.within('BYE', first.invite, first.answer, { cseq: 3 });
    await caller.response(481, 'BYE');
    callee.reverse('BYE', second.invite, second.answer);
    await callee.response(481, 'BYE');
    await idle();
  });

  describe('with parity', () => {
    it('loses a re-INVITE that gets 18x', async () => {
      const seen: number[] = [];
      void uac.request({ method: 'INVITE', body: SDP }, (_, response) => seen.push(response.status));
      const again = await callee.request('INVITE');
      callee.respond(again, 180);
      await eventually(() => seen.length === 1, '180');
      callee.respond(again, 200, { body: SDP });
      void uac.request({ method: 'INFO' });
      callee.respond(await callee.request('INFO'), 200);
      await eventually(() => rig.engine.load.client === 0, 'INFO answered');
      expect(seen).toEqual([180]);
      expect(callee.log.filter((one) => one.kind === 'request' && one.method === 'ACK')).toHaveLength(1);
    });

    it('goes on with the first Contact', async () => {
      const other = await rig.udp();
      const moved = { cseq: 2, body: SDP, contact: other.contact };
      caller.within('INVITE', first.invite, first.answer, moved);
      await caller.response(200, 'INVITE');
      void uas.request({ method: 'INFO' });
      expect((await caller.request('INFO')).uri).toBe(`sip:peer@127.0.0.1:${caller.port}`);
    });

    it('repeats the 200 of a re-INVITE only when the peer does', async () => {
      const again = caller.within('INVITE', first.invite, first.answer, { cseq: 2, body: SDP });
      await caller.response(200, 'INVITE');
      await new Promise((resolve) => setTimeout(resolve, 200));
      const count = (): number =>
        caller.log.filter(
          (m) => getHeader(m, 'CSeq') === '2 INVITE' && m.kind === 'response' && m.status === 200,
        ).length;
      expect(count()).toBe(1);
      caller.send(again);
      await eventually(() => count() === 2, 'repeated');
    });
  });

  describe('without parity', () => {
    beforeEach(async () => {
      await rig.close();
      await connect({ parity: false });
    });

    it('brings the 200 of a re-INVITE after its 180', async () => {
      const modified = uac.modify(HOLD);
      const again = await callee.request('INVITE');
      callee.respond(again, 180);
      callee.respond(again, 200, { body: SDP });
      await callee.request('ACK');
      await modified;
    });

    it('repeats the 200 of a re-INVITE until its ACK', async () => {
      caller.within('INVITE', first.invite, first.answer, { cseq: 2, body: SDP });
      for (let n = 0; n < 3; n++) await caller.response(200, 'INVITE');
      caller.within('ACK', first.invite, first.answer, { cseq: 2 });
    });

    it('follows a Contact that moves with a re-INVITE, once that is accepted', async () => {
      const other = await rig.udp();
      const moved = { cseq: 2, body: SDP, contact: other.contact };
      const refused = new Promise<void>((resolve) => {
        uas.on('modify', (_, res: Srf.SrfResponse) => {
          res.send(moved.cseq === 2 ? 488 : 200);
          resolve();
        });
      });
      caller.within('INVITE', first.invite, first.answer, moved);
      await caller.response(488, 'INVITE');
      await refused;
      void uas.request({ method: 'INFO' });
      caller.respond(await caller.request('INFO'), 200);

      moved.cseq = 3;
      caller.within('INVITE', first.invite, first.answer, moved);
      const answer = await caller.response(200, 'INVITE');
      caller.within('ACK', first.invite, answer, { cseq: 3 });
      void uas.request({ method: 'INFO' });
      expect((await other.request('INFO')).uri).toBe(`sip:peer@127.0.0.1:${other.port}`);
    });

    it('follows a Contact that moves with the answer to a re-INVITE, the ACK first', async () => {
      const other = await rig.udp();
      const modified = uac.modify(HOLD);
      const again = await callee.request('INVITE');
      callee.respond(again, 200, { body: SDP, contact: other.contact });
      expect((await other.request('ACK')).uri).toBe(`sip:peer@127.0.0.1:${other.port}`);
      await modified;
      void uac.destroy();
      other.respond(await other.request('BYE'), 200);
    });
  });

  it('visits the recorded route, from either side', async () => {
    const proxy = await rig.udp();
    const uri = `sip:127.0.0.1:${proxy.port};lr`;
    srf.invite(() => undefined);
    const created = srf.createUAC(`sip:+15550104@127.0.0.1:${callee.port}`, { localSdp: SDP });
    const invite = await callee.request('INVITE');
    const recorded = [{ name: 'Record-Route', value: `<sip:192.0.2.7;lr>, <${uri}>` }];
    callee.respond(invite, 200, { body: SDP, headers: recorded });
    const dialog = asAppDialog(await created);
    // The first route of a caller is the last one recorded (RFC 3261 §12.1.2).
    const ack = await proxy.request('ACK');
    expect(getHeaders(ack, 'Route')).toEqual([`<${uri}>`, '<sip:192.0.2.7;lr>']);
    expect(ack.uri).toBe(`sip:peer@127.0.0.1:${callee.port}`);
    void dialog.destroy();
    const bye = await proxy.request('BYE');
    expect(getHeaders(bye, 'Route')).toEqual([`<${uri}>`, '<sip:192.0.2.7;lr>']);
    proxy.respond(bye, 200);
    await eventually(() => rig.engine.load.dialogs === 2, 'that call gone');
  });

  async function idle(): Promise<void> {
    await eventually(() => Object.values(rig.engine.load).every((count) => count === 0), 'nothing left');
  }
});
