// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';
import { mediaOf, parseMessage, sdp, SipPeer, type SipPeerOptions } from '../src/sip/index.ts';

/** The witness must be right itself: two peers talk to each other. */
const peers: SipPeer[] = [];
const open = async (options: Partial<SipPeerOptions> = {}) => {
  const peer = await SipPeer.open({ address: '127.0.0.1', ...options });
  peers.push(peer);
  return peer;
};
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

const offer = sdp({ address: '127.0.0.1', port: 4000 });
const answer = sdp({ address: '127.0.0.1', port: 4002 });

describe.each(['udp', 'tcp'] as const)('two peers over %s', (transport) => {
  const pair = async () => {
    const callee = await open({ address: '127.0.0.2', transport });
    const caller = await open({ address: '127.0.0.3', transport, proxy: callee });
    return {
      caller,
      callee,
      place: { to: `sip:+15550111@${callee.hostPort}`, from: '+15550100', sdp: offer },
    };
  };

  it('carry a call from INVITE to BYE', async () => {
    const { caller, callee, place } = await pair();
    const ended: string[] = [];
    callee.onInvite = async (call) => {
      expect(call.remoteSdp).toBe(offer);
      call.ring();
      const ack = await call.answer(answer);
      expect(ack.cseq).toEqual({ number: 1, method: 'ACK' });
      ended.push((await call.ended()).method);
    };
    const call = caller.invite(place);
    expect((await call.response(180)).reason).toBe('Ringing');
    expect((await call.answered()).body).toBe(answer);
    expect(mediaOf(call.remoteSdp)).toEqual({
      address: '127.0.0.1',
      port: 4002,
      direction: 'sendrecv',
      formats: [0, 8, 101],
    });
    expect((await call.bye()).status).toBe(200);
    expect(ended).toEqual(['BYE']);
    expect(
      callee.seen.filter(({ direction }) => direction === 'in').map(({ message }) => message.method),
    ).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(callee.seen[0]!.place.address).toBe('127.0.0.3');
  });

  it('re-INVITE from both sides, and send requests of other kinds', async () => {
    const { caller, callee, place } = await pair();
    const done = Promise.withResolvers<number[]>();
    callee.onInvite = async (call) => {
      await call.answer(answer);
      call.onRequest = () => ({ status: 202, reason: 'Accepted' });
      const held = await call.reinvite(
        sdp({ address: '127.0.0.1', port: 4002, direction: 'sendonly', version: 2 }),
      );
      done.resolve([held.status, (await call.bye()).status]);
    };
    const call = caller.invite(place);
    await call.answered();
    expect((await call.reinvite(offer)).body).toContain('m=audio 4002');
    expect((await call.request('INFO', { body: 'x', contentType: 'text/plain' })).status).toBe(202);
    expect((await call.ended()).method).toBe('BYE');
    expect(await done.promise).toEqual([200, 200]);
    expect(mediaOf(call.remoteSdp).direction).toBe('sendonly');
  });

  it('cancel a call that rings', async () => {
    const { caller, callee, place } = await pair();
    callee.onInvite = (call) => {
      call.ring(183, { sdp: answer });
    };
    const call = caller.invite(place);
    await call.response(183);
    expect((await call.cancel()).status).toBe(200);
    expect((await call.final()).status).toBe(487);
    await callee.waitFor(({ method }) => method === 'ACK');
  });

  it.each(['MD5', 'SHA-256'] as const)('answer a challenge by %s', async (algorithm) => {
    const { caller, callee, place } = await pair();
    callee.onInvite = (call) => {
      if (call.invite.header('Proxy-Authorization') !== '') return void call.reject(403);
      const challenges = ['MD5', 'SHA-256'].map(
        (name) => `Digest realm="r", nonce="n", qop="auth", algorithm=${name}`,
      );
      return void call.reject(407, { headers: { 'Proxy-Authenticate': challenges } });
    };
    const call = caller.invite({ ...place, auth: { username: 'u', password: 'p', algorithm } });
    expect((await call.final()).status).toBe(403);
    expect(call.responses.map(({ status }) => status)).toEqual([407, 403]);
    expect(call.authorization).toContain(`algorithm=${algorithm}`);
    await callee.waitFor((message) => message.method === 'ACK' && message.cseq.number === 2);
  });
});

describe('a peer', () => {
  it('repeats over UDP what gets lost, and answers repetitions the same way', async () => {
    const callee = await open();
    const caller = await open({ proxy: callee });
    const lost = new Set<string>();
    callee.tamper = (message, direction) => {
      const key = `${direction} ${message.startLine}`;
      if (lost.has(key)) return 'pass';
      lost.add(key);
      return 'drop';
    };
    callee.onInvite = async (call) => {
      await call.answer(answer);
    };
    const call = caller.invite({ to: 'sip:x@127.0.0.1', from: 'a', sdp: offer });
    await call.answered();
    await callee.waitFor(
      ({ method }) => method === 'ACK' && callee.received('ACK').length > 1,
      'the second ACK',
    );
    expect((await call.bye()).status).toBe(200);
    expect(callee.received('INVITE').length).toBeGreaterThan(1);
  }, 20_000);

  it('meets silence with a message that names what it waited for', async () => {
    const callee = await open();
    const call = (await open({ proxy: callee })).invite({ to: 'sip:x@127.0.0.1', from: 'a' });
    await expect(call.final(50)).rejects.toThrow(
      /waited 50 ms for a final response to INVITE sip:x@127.0.0.1.*no response so far/,
    );
  });

  it('says that nobody listens on TCP', async () => {
    const gone = await open();
    const call = (await open({ transport: 'tcp' })).invite({
      to: 'sip:x@127.0.0.1',
      from: 'a',
      proxy: { address: gone.address, port: 1 },
    });
    await expect(call.final()).rejects.toThrow(/ECONNREFUSED/);
  });

  it('sends raw bytes, duplicates, and headers as told', async () => {
    const callee = await open();
    const caller = await open({ proxy: callee });
    await caller.sendRaw('\r\n\r\n');
    caller.tamper = () => 'duplicate';
    const answered = await caller.request({
      method: 'OPTIONS',
      uri: 'sip:x@127.0.0.1',
      headers: { 'Max-Forwards': null, 'X-a': ['1', '2'] },
    });
    expect(answered.status).toBe(200);
    const [first] = callee.received('OPTIONS');
    expect([first!.header('Max-Forwards'), first!.all('x-A')]).toEqual(['', ['1', '2']]);
    await callee.waitFor(
      (message) => callee.received('OPTIONS').length === 2 && message.method === 'OPTIONS',
    );
  });

  it('tells a failed script at the end', async () => {
    const callee = await SipPeer.open({ address: '127.0.0.1' });
    callee.onInvite = () => Promise.reject(new Error('the script is wrong'));
    (await open({ proxy: callee })).invite({ to: 'sip:x@127.0.0.1', from: 'a' });
    await callee.waitFor(({ method }) => method === 'INVITE');
    await expect(callee.close()).rejects.toThrow('the script is wrong');
  });
});

describe('parseMessage', () => {
  it('reads compact names, folded lines and our Reason', () => {
    const message = parseMessage(
      'SIP/2.0 403 Invalid Caller ID\r\nv: SIP/2.0/UDP a;branch=z9hG4bKx\r\nReason: Q.850;cause=16\r\nReason: Trunkline;cause=invalid-caller-id;\r\n text="no"\r\n\r\nbody',
    );
    expect(message).toMatchObject({
      status: 403,
      reason: 'Invalid Caller ID',
      branch: 'z9hG4bKx',
      body: 'body',
    });
    expect(message.all('Reason').map((value) => /cause=([\w-]+)/.exec(value)?.[1])).toEqual([
      '16',
      'invalid-caller-id',
    ]);
  });
});
