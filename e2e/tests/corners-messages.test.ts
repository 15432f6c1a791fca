// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { mediaOf, onDrachtio, SipPeer, type PeerMessage } from '../src/index.ts';
import { ANSWERED, callStage, isAnswer } from './call-stage.fixture.ts';

const PIDF = '<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf"><tuple id="a"/></presence>';

/** RFC 5621: a description among other parts. */
const multipart = (description: string, other: { type: string; body: string }): string =>
  [
    '--part',
    `Content-Type: ${other.type}`,
    'Content-ID: <there@example.com>',
    '',
    other.body,
    '--part',
    'Content-Type: application/sdp',
    '',
    `${description}--part--`,
    '',
  ].join('\r\n');
const MIXED = { 'Content-Type': 'multipart/mixed; boundary="part"' };

/** What drachtio-server does otherwise: docs/reference/sip.md. */
const itHere = onDrachtio ? it.skip : it;

describe('messages of unusual shape, through trunkline up', () => {
  const stage = callStage('embedded');
  const { place, arriving, audible, expectRecord } = stage;

  const completes = async (caller: ReturnType<typeof place>): Promise<void> => {
    await caller.answered();
    stage.near.start(caller.remoteSdp);
    await audible();
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
  };

  const parts: [name: string, part: { type: string; body: string }][] = [
    ['a location', { type: 'application/pidf+xml', body: PIDF }],
    // Not on drachtio-server, which does not get on with a NUL in a body.
    ['ISUP', { type: 'application/ISUP; version=itu-t92+', body: '\u0001\u0011Hl\u0000\n\u0003' }],
  ];
  it.each(onDrachtio ? parts.slice(0, 1) : parts)(
    'a body of several parts, %s and SDP: the SDP counts, the callee gets ours alone',
    async (_, other) => {
      const arrived = arriving(stage.pstn);
      const caller = place({ sdp: multipart(stage.near.sdp(), other), headers: MIXED });
      const { invite } = await arrived;
      expect(invite.header('Content-Type')).toBe('application/sdp');
      expect(invite.body).toMatch(/^v=0/);
      expect(invite.body).not.toContain('part');
      await completes(caller);
    },
    30_000,
  );

  itHere(
    'the same in the answer of the callee',
    async () => {
      arriving(stage.pstn, async (call) => {
        stage.far.start(call.remoteSdp);
        const body = multipart(stage.far.sdp(), { type: 'application/ISUP', body: '\u0006\u0000' });
        await call.answer(body, { headers: {} });
      }).catch(() => undefined);
      stage.pstn.tamper = (message, way) => {
        if (way === 'out' && isAnswer(message, 200, 'INVITE')) message.apply(MIXED);
        return 'pass';
      };
      const caller = place();
      const answer = await caller.answered();
      expect(answer.header('Content-Type')).toBe('application/sdp');
      expect(() => mediaOf(answer.body)).not.toThrow();
      await completes(caller);
    },
    30_000,
  );

  it('compact header names, and folded lines', async () => {
    const short: Record<string, string> = {
      Via: 'v',
      From: 'f',
      To: 't',
      'Call-ID': 'i',
      Contact: 'm',
      'Content-Type': 'c',
    };
    stage.pbx.tamper = (message, way) => {
      if (way !== 'out' || message.isResponse) return 'pass';
      message.headers = message.headers.map(({ name, value }) => ({ name: short[name] ?? name, value }));
      message.headers.push(
        { name: 'k', value: 'timer,\r\n 100rel' },
        { name: 'x', value: '120\r\n ;refresher=uac' },
      );
      return 'pass';
    };
    const caller = place();
    const answer = await caller.answered();
    expect(answer.header('Session-Expires')).toBe('120;refresher=uac');
    await completes(caller);
  }, 30_000);

  itHere(
    'a second copy of an INVITE by another way is 482, the first is served (RFC 3261 §8.2.2.2)',
    async () => {
      const hold = Promise.withResolvers<undefined>();
      arriving(stage.pstn, async (call) => {
        stage.far.start(call.remoteSdp);
        call.ring();
        await hold.promise;
        await call.answer(stage.far.sdp());
      }).catch(() => undefined);
      const caller = place();
      await caller.response(180);
      const copy = stage.pbx.newVia();
      const text = caller.invite.toString().replace(/^Via: .*$/m, `Via: ${copy}`);
      await stage.pbx.sendRaw(text, stage.up.sip);
      const branch = /branch=([^;]+)/.exec(copy)?.[1];
      const merged = await stage.pbx.waitFor(
        (message) => message.status === 482 && message.branch === branch,
        'a 482',
      );
      expect(merged.callId).toBe(caller.callId);
      hold.resolve(undefined);
      await completes(caller);
    },
    30_000,
  );

  itHere(
    'an INVITE of ours that a gateway sends back to us is 482: it ends there',
    async () => {
      let answer: PeerMessage | undefined;
      stage.pstn.onInvite = async (call) => {
        const back = stage.pstn.newVia();
        const text = call.invite.toString().replace('Via: ', `Via: ${back}\r\nVia: `);
        await stage.pstn.sendRaw(text, stage.up.sip);
        const branch = /branch=([^;]+)/.exec(back)?.[1];
        answer = await stage.pstn.waitFor((message) => message.status > 100 && message.branch === branch);
        await call.reject(answer.status);
      };
      const caller = place();
      expect((await caller.final()).status).toBe(482);
      expect(answer?.status).toBe(482);
      await expectRecord(caller, { status: 'failed', sipStatus: 482, outcomeCode: 'final-answer' });
    },
    30_000,
  );

  it('Max-Forwards counts down, and ends at 0 with 483', async () => {
    const arrived = arriving(stage.pstn);
    const caller = place({ headers: { 'Max-Forwards': '21' } });
    expect((await arrived).invite.header('Max-Forwards')).toBe('20');
    await completes(caller);
    const last = place({ headers: { 'Max-Forwards': '0' } });
    expect((await last.final()).status).toBe(483);
    await expectRecord(last, { outcomeCode: 'too-many-hops', attempts: [] });
  }, 30_000);

  it('a caller behind NAT is answered where it sends from (RFC 3581), and hung up on there too', async () => {
    const arrived = arriving(stage.pstn);
    const caller = place({
      headers: {
        Via: `SIP/2.0/UDP 10.1.2.3:5060;branch=z9hG4bKnat${Date.now().toString(36)};rport`,
        Contact: '<sip:pbx@10.1.2.3:5060>',
      },
    });
    const { address, port } = stage.pbx;
    const answer = await caller.answered();
    expect(answer.header('Via')).toContain(`;received=${address}`);
    expect(answer.header('Via')).toContain(`;rport=${port}`);
    stage.near.start(caller.remoteSdp);
    await audible();
    expect((await (await arrived).bye()).status).toBe(200);
    expect((await caller.ended()).uri).toBe('sip:pbx@10.1.2.3:5060');
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'callee' });
  }, 30_000);

  it('keep-alives: a double CRLF over TCP is answered by one (RFC 5626 §3.5.1), over UDP by nothing', async () => {
    const tcp = await SipPeer.open({ address: stage.pbx.address, transport: 'tcp', proxy: stage.up.sip });
    try {
      await tcp.sendRaw('\r\n\r\n');
      await tcp.waitFor(({ startLine }) => startLine === '', 'a pong');
      await stage.pbx.sendRaw('\r\n\r\n', stage.up.sip);
      // The connection serves calls as before.
      const answer = await tcp.request({ method: 'OPTIONS', uri: 'sip:acme.pstn.example.com' });
      expect(answer.status).toBe(200);
      const ping = await stage.pbx.request({
        method: 'OPTIONS',
        uri: 'sip:acme.pstn.example.com',
        proxy: stage.up.sip,
      });
      expect(ping.status).toBe(200);
      expect(
        stage.pbx.seen.filter(({ direction, message }) => direction === 'in' && message.startLine === ''),
      ).toEqual([]);
    } finally {
      await tcp.close();
    }
  }, 30_000);

  /** A description that no datagram of 1300 bytes holds. */
  const large = (): string => {
    const note = (_: unknown, index: number) => `x-note:${index} ${'n'.repeat(40)}`;
    return stage.near.sdp({ attributes: Array.from({ length: 40 }, note) });
  };

  itHere(
    'a large INVITE goes to the carrier over TCP where it takes that (RFC 3261 §18.1.1)',
    async () => {
      const { address, port } = stage.pstn;
      const tcp = await SipPeer.open({ address, port, transport: 'tcp', name: 'pstn' });
      try {
        const arrived = arriving(tcp);
        const caller = place({ sdp: large() });
        const { invite, callId } = await arrived;
        expect(invite.toString().length).toBeGreaterThan(1_300);
        expect(invite.header('Via')).toMatch(/^SIP\/2\.0\/TCP /);
        await completes(caller);
        expect(stage.pstn.received('INVITE').filter((over) => over.callId === callId)).toEqual([]);
      } finally {
        await tcp.close();
      }
    },
    30_000,
  );

  it('and over UDP all the same where it does not', async () => {
    for (let times = 0; times < 2; times += 1) {
      const arrived = arriving(stage.pstn);
      const caller = place({ sdp: large() });
      const { invite } = await arrived;
      expect(invite.header('Via')).toMatch(/^SIP\/2\.0\/UDP /);
      expect(invite.toString().length).toBeGreaterThan(1_300);
      await completes(caller);
    }
  }, 40_000);

  itHere(
    'two branches of a fork answer: one call, and the second branch gets ACK and BYE',
    async () => {
      const arrived = arriving(stage.pstn, async (call) => {
        stage.far.start(call.remoteSdp);
        await call.answer(stage.far.sdp());
        const to = call.invite.header('To');
        call.respond(200, {
          sdp: stage.far.sdp(),
          headers: { To: `${to};tag=fork-two`, Contact: `<sip:two@${stage.spare.hostPort}>` },
        });
      });
      stage.spare.onRequest = () => ({ status: 200 });
      const caller = place();
      await caller.answered();
      stage.near.start(caller.remoteSdp);
      for (const method of ['ACK', 'BYE']) {
        const request = await stage.spare.waitFor(
          (message) => message.method === method,
          `${method} of the second`,
        );
        expect(request.header('To')).toContain('tag=fork-two');
      }
      const callee = await arrived;
      callee.stop();
      expect(callee.requestsOf('BYE')).toEqual([]);
      await completes(caller);
      await callee.ended();
    },
    40_000,
  );
});
