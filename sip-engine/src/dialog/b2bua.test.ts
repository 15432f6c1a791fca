// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type Srf from 'drachtio-srf';
import { getHeader, parseCSeq } from '../message/index.ts';
import { asAppDialog } from './testing/app-dialog.ts';
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
    expect(asAppDialog(uas).id).toBe(
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

  it('passes a refusal on, ACKing it', async () => {
    const bridged = bridge({ proxyResponseHeaders: ['Reason'] });
    bridged.catch(() => undefined);
    caller.invite();
    const second = await callee.request('INVITE');
    callee.respond(second, 404, {
      reason: 'Not Found',
      headers: [{ name: 'Reason', value: 'Q.850;cause=1' }],
    });
    await callee.request('ACK');
    const refused = await caller.response(404);
    expect(getHeader(refused, 'Reason')).toBe('Q.850;cause=1');
    await expect(bridged).rejects.toMatchObject({ status: 404 });
    await idle();
  });

  it('cancels the second leg when the caller cancels', async () => {
    const bridged = bridge();
    bridged.catch(() => undefined);
    const invite = caller.invite();
    const second = await callee.request('INVITE');
    callee.respond(second, 180);
    await caller.response(180);
    caller.cancel({ ...invite, headers: [...invite.headers, { name: 'Reason', value: 'SIP;cause=200' }] });
    await caller.response(200, 'CANCEL');
    await caller.response(487, 'INVITE');
    const cancel = await callee.request('CANCEL');
    expect(getHeader(cancel, 'Reason')).toBe('SIP;cause=200');
    expect(getHeader(cancel, 'Via')).toBe(getHeader(second, 'Via'));
    callee.respond(cancel, 200);
    callee.respond(second, 487);
    await callee.request('ACK');
    await expect(bridged).rejects.toMatchObject({ status: 487 });
    await idle();
  });

  it('holds a CANCEL until the callee has answered anything', async () => {
    const bridged = bridge();
    bridged.catch(() => undefined);
    const invite = caller.invite();
    const second = await callee.request('INVITE');
    caller.cancel(invite);
    await caller.response(487, 'INVITE');
    expect(callee.log.some((message) => message.kind === 'request' && message.method === 'CANCEL')).toBe(
      false,
    );
    callee.respond(second, 100);
    callee.respond(await callee.request('CANCEL'), 200);
    callee.respond(second, 487);
    await expect(bridged).rejects.toMatchObject({ status: 487 });
    await idle();
  });

  it('ends a call whose answer crossed the CANCEL: ACK, then BYE, and the app hears of it', async () => {
    const bridged = bridge();
    bridged.catch(() => undefined);
    const invite = caller.invite();
    const second = await callee.request('INVITE');
    callee.respond(second, 180);
    await caller.response(180);
    caller.cancel(invite);
    await callee.request('CANCEL');
    callee.respond(second, 200, { body: SDP });
    await callee.request('ACK');
    const bye = await callee.request('BYE');
    expect(getHeader(bye, 'Reason')).toContain('ACK-BYE due to cancel race condition');
    callee.respond(bye, 200);
    await caller.response(487, 'INVITE');
    await idle();
    expect(
      callee.log.filter((message) => message.kind === 'request' && message.method === 'BYE'),
    ).toHaveLength(1);
    // Had the ACK been lost, the callee would say 200 again: it gets its ACK still.
    callee.respond(second, 200, { body: SDP });
    await callee.request('ACK');
  });

  it('answers a challenge with the same Call-ID and tag, within the same dialog id', async () => {
    const bridged = bridge({ auth: { username: 'pbx', password: 'secret' } });
    const invite = caller.invite();
    const first = await callee.request('INVITE');
    const challenge = {
      name: 'Proxy-Authenticate',
      value: 'Digest realm="example.com", nonce="abc", qop="auth"',
    };
    callee.respond(first, 407, { tag: 'one', headers: [challenge] });
    await callee.request('ACK');
    const again = await callee.request('INVITE');
    for (const name of ['Call-ID', 'From']) expect(getHeader(again, name)).toBe(getHeader(first, name));
    expect(parseCSeq(getHeader(again, 'CSeq') ?? '').sequence).toBe(
      parseCSeq(getHeader(first, 'CSeq') ?? '').sequence + 1,
    );
    expect(getHeader(again, 'Proxy-Authorization')).toMatch(/^Digest username="pbx".*qop=auth/);
    expect(again.body.toString()).toBe(SDP);
    callee.respond(again, 200, { tag: 'two', body: SDP });
    const ack = await callee.request('ACK');
    // RFC 3261 §13.2.2.4: the ACK has the credentials of its INVITE.
    expect(getHeader(ack, 'Proxy-Authorization')).toBe(getHeader(again, 'Proxy-Authorization'));
    const answer = await caller.response(200);
    caller.within('ACK', invite, answer);
    const { uac } = await bridged;
    const id = asAppDialog(uac).id;
    expect(id).toBe(`${getHeader(first, 'Call-ID')};from-tag=${getHeader(first, 'From')?.split('tag=')[1]}`);
    // The late answer watch of the challenged INVITE must not touch this call.
    callee.respond(again, 200, { tag: 'two', body: SDP });
    const repeated = await callee.request('ACK');
    expect(getHeader(repeated, 'CSeq')).toBe(getHeader(ack, 'CSeq'));

    const ended = new Promise((resolve) => uac.on('destroy', resolve));
    callee.reverse('BYE', again, callee.respond(again, 200, { tag: 'two', body: SDP }));
    await callee.response(200, 'BYE');
    await ended;
    expect(rig.engine.load.dialogs).toBe(1);
  });

  it('answers an INVITE that comes again after a challenge, also when the ACK is late', async () => {
    const seen: string[] = [];
    srf.invite((req: Srf.SrfRequest, res: Srf.SrfResponse) => {
      seen.push(req.get('cseq'));
      if (req.has('Proxy-Authorization')) res.send(486);
      else res.send(407, { headers: { 'Proxy-Authenticate': 'Digest realm="a", nonce="b"' } });
    });
    const invite = caller.invite();
    const challenge = await caller.response(407);
    expect(getHeader(challenge, 'Proxy-Authenticate')).toBe('Digest realm="a", nonce="b"');
    const names = {
      callId: getHeader(invite, 'Call-ID') ?? '',
      tag: getHeader(invite, 'From')?.split('tag=')[1] ?? '',
      cseq: 2,
    };
    const again = caller.invite({
      ...names,
      headers: [{ name: 'Proxy-Authorization', value: 'Digest username="x"' }],
    });
    await caller.response(486);
    expect(seen).toEqual(['1 INVITE', '2 INVITE']);
    expect(again.uri).toBe(invite.uri);
  });

  it('goes on with early media, then another target after its failure', async () => {
    srf.invite((req: Srf.SrfRequest, res: Srf.SrfResponse) => {
      const to = (user: string): string => `sip:${user}@127.0.0.1:${callee.port}`;
      srf
        .createB2BUA(req, res, to('one'), { passFailure: false })
        .catch(() => srf.createB2BUA(req, res, to('two'), {}));
    });
    const invite = caller.invite();
    const one = await callee.request('INVITE');
    callee.respond(one, 183, { body: SDP });
    expect((await caller.response(183)).body.toString()).toBe(SDP);
    callee.respond(one, 503);
    await callee.request('ACK');
    const two = await callee.request('INVITE');
    expect(two.uri).toContain('sip:two@');
    callee.respond(two, 180);
    const ringing = await caller.response(180);
    callee.respond(two, 200, { body: SDP });
    await callee.request('ACK');
    const answer = await caller.response(200);
    expect(getHeader(answer, 'To')).toBe(getHeader(ringing, 'To'));
    caller.within('ACK', invite, answer);
    expect(rig.engine.load.dialogs).toBe(2);
  });

  it('bridges over TCP on both sides', async () => {
    const [from, to] = [await rig.tcp(true), await rig.tcp(false)];
    srf.invite((req: Srf.SrfRequest, res: Srf.SrfResponse) => {
      srf
        .createB2BUA(req, res, `sip:+15550101@127.0.0.1:${to.port};transport=tcp`, {})
        .then(({ uas, uac }) => {
          uac.on('destroy', () => {
            uas.destroy();
          });
        })
        .catch(() => undefined);
    });
    const invite = from.invite();
    const second = await to.request('INVITE');
    expect(getHeader(second, 'Via')).toMatch(/^SIP\/2\.0\/TCP /);
    const answered = to.respond(second, 200, { body: SDP });
    await to.request('ACK');
    const answer = await from.response(200);
    expect(getHeader(answer, 'Contact')).toBe(`<sip:127.0.0.1:${rig.sipPort};transport=tcp>`);
    from.within('ACK', invite, answer);
    to.reverse('BYE', second, answered);
    await to.response(200, 'BYE');
    await eventually(() => rig.engine.load.dialogs === 1, 'second leg over');
  });

  async function idle(): Promise<void> {
    await eventually(() => Object.values(rig.engine.load).every((count) => count === 0), 'nothing left');
  }
});
