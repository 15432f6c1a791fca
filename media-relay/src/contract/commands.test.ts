// SPDX-License-Identifier: Apache-2.0
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { deleteBody, legFlags, offerBody } from '../media-policy/leg-flags.ts';
import type { NgResult } from '../ng/ng-client.ts';
import { decode, encode } from '../relay/bencode.ts';
import { sdpBody, sdpEndpoint } from '../rtp/index.ts';
import { newCallId, onEachBackend } from './contract.ts';

const SDP = sdpBody({ address: '127.0.0.1', port: 4000 });

/** Any reply: the tests look where they know what is there. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Tree = Record<string, any>;

function bodies(codecs: string[] = []) {
  const session = {
    callId: newCallId(),
    legs: { caller: { symmetricRtp: true }, callee: { symmetricRtp: true } },
    codecs,
  };
  return {
    callId: session.callId,
    offer: offerBody(session, { from: 'caller', sdp: SDP, peerKnown: false }),
    answer: {
      'call-id': session.callId,
      'from-tag': 'a',
      'to-tag': 'b',
      sdp: SDP,
      flags: legFlags(session.legs.callee),
    },
    remove: deleteBody(session.callId),
  };
}

function reply(result: NgResult): Tree {
  if (result.outcome !== 'ok') throw new Error(`${result.outcome}: ${result.reason}`);
  return result.reply;
}

onEachBackend('ng commands', (stage) => {
  it('ping is answered by pong', async () => {
    expect(reply(await stage().command('ping'))).toEqual({ result: 'pong' });
  });

  it('offer and answer give an SDP back, and nothing else', async () => {
    const { offer, answer, remove } = bodies();
    for (const [command, body] of [
      ['offer', offer],
      ['answer', answer],
    ] as const) {
      const { sdp, ...rest } = reply(await stage().command(command, body));
      expect(rest).toEqual({ result: 'ok' });
      expect(sdpEndpoint(sdp).port % 2).toBe(0);
      expect(sdpEndpoint(sdp).port).not.toBe(4000);
    }
    await stage().command('delete', remove);
  });

  it('query tells the statistics of each tag', async () => {
    const { callId, offer, answer, remove } = bodies();
    reply(await stage().command('offer', offer));
    reply(await stage().command('answer', answer));
    const query = reply(await stage().command('query', { 'call-id': callId }));
    expect(query).toMatchObject({
      result: 'ok',
      SSRC: {},
      totals: { RTP: { packets: 0, bytes: 0, errors: 0 } },
    });
    expect(query.created).toBeGreaterThan(Date.now() / 1000 - 60);
    expect(Object.keys(query.tags).sort()).toEqual(['a', 'b']);
    expect(query.tags.a).toMatchObject({ tag: 'a', subscriptions: [{ tag: 'b', type: 'offer/answer' }] });
    const [media] = query.tags.a.medias;
    expect(media).toMatchObject({ index: 1, type: 'audio', protocol: 'RTP/AVP' });
    expect(media.flags).toEqual(expect.arrayContaining(['initialized', 'send', 'recv']));
    expect(media.streams).toHaveLength(2);
    expect(media.streams[0]).toMatchObject({
      'local address': '127.0.0.1',
      family: 'IPv4',
      endpoint: { family: 'IPv4', address: '127.0.0.1', port: 4000 },
      'advertised endpoint': { family: 'IPv4', address: '127.0.0.1', port: 4000 },
      stats: { packets: 0, bytes: 0, errors: 0 },
    });
    expect(media.streams[0].flags).toEqual(
      expect.arrayContaining(['RTP', 'filled', 'strict source address']),
    );
    expect(media.streams[1].endpoint.port).toBe(4001);
    expect(media.streams[1].flags).toContain('RTCP');
    await stage().command('delete', remove);
  });

  it('list names the calls, and statistics counts them', async () => {
    const { callId, offer, remove } = bodies();
    reply(await stage().command('offer', offer));
    expect(reply(await stage().command('list', { limit: 100 })).calls).toContain(callId);
    const { statistics } = reply(await stage().command('statistics'));
    expect(statistics.currentstatistics.sessionsown).toBeGreaterThan(0);
    expect(Number(statistics.totalstatistics.uptime)).toBeGreaterThanOrEqual(0);
    await stage().command('delete', remove);
    expect(reply(await stage().command('list', { limit: 100 })).calls).not.toContain(callId);
  });

  it('delete answers with the statistics, and a second one with a warning', async () => {
    const { offer, answer, remove } = bodies();
    await stage().command('offer', offer);
    await stage().command('answer', answer);
    expect(reply(await stage().command('delete', remove))).toMatchObject({
      result: 'ok',
      tags: { a: {}, b: {} },
      totals: { RTP: {} },
    });
    const again = { warning: "Call-ID not found or tags didn't match", result: 'ok' };
    expect(reply(await stage().command('delete', remove))).toEqual(again);
    expect(await stage().command('delete', { ...remove, flags: ['fatal'] })).toEqual({
      outcome: 'error',
      reason: again.warning,
    });
  });

  it('delete before the answer leaves nothing behind', async () => {
    const { callId, offer, remove } = bodies();
    await stage().command('offer', offer);
    expect(reply(await stage().command('delete', remove))).toMatchObject({
      tags: { a: {}, '<untagged 1>': { tag: '' } },
    });
    expect(await stage().command('query', { 'call-id': callId })).toMatchObject({ outcome: 'error' });
  });

  it.each([
    ['query', 'Unknown call-id', { 'call-id': 'nobody' }],
    ['answer', 'Unknown call-id', { 'call-id': 'nobody', 'from-tag': 'a', 'to-tag': 'b', sdp: SDP }],
    ['answer', 'No to-tag in message', { 'call-id': 'nobody', 'from-tag': 'a', sdp: SDP }],
    ['offer', 'No SDP body in message', { 'call-id': 'x', 'from-tag': 'a' }],
    ['offer', 'No call-id in message', { 'from-tag': 'a', sdp: SDP }],
    ['offer', 'No from-tag in message', { 'call-id': 'x', sdp: SDP }],
    ['offer', 'Failed to parse SDP', { 'call-id': 'x', 'from-tag': 'a', sdp: 'hello' }],
  ] as const)('%s is refused: %s', async (command, reason, body) => {
    expect(await stage().command(command, body)).toEqual({ outcome: 'error', reason });
  });

  it('a hold by 0.0.0.0 and a rejected m= line stay what they are', async () => {
    const { callId, offer, answer, remove } = bodies();
    await stage().command('offer', offer);
    await stage().command('answer', answer);
    const held = reply(
      await stage().command('offer', {
        ...offer,
        'to-tag': 'b',
        sdp: sdpBody({ address: '0.0.0.0', port: 4000 }),
      }),
    );
    expect(held.sdp).toContain('c=IN IP4 0.0.0.0');
    const rejected = reply(
      await stage().command('answer', { ...answer, sdp: sdpBody({ address: '127.0.0.1', port: 0 }) }),
    );
    expect(rejected.sdp).toMatch(/^m=audio 0 RTP\/AVP/m);
    expect(reply(await stage().command('query', { 'call-id': callId })).result).toBe('ok');
    await stage().command('delete', remove);
  });
});

onEachBackend('raw datagrams', (stage) => {
  async function open(): Promise<{ socket: Socket; ask: (message: string) => Promise<string> }> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const [host, port] = stage().backend.ng.split(':');
    return {
      socket,
      async ask(message) {
        const answered = once(socket, 'message', { signal: AbortSignal.timeout(5000) });
        socket.send(message, Number(port), host);
        const [datagram] = (await answered) as [Buffer];
        return datagram.toString();
      },
    };
  }

  it('the reply has the format of the request', async () => {
    const { socket, ask } = await open();
    expect(JSON.parse((await ask('cookie-1 {"command":"ping"}')).slice('cookie-1 '.length))).toEqual({
      result: 'pong',
    });
    expect(await ask('cookie-2 d7:command4:pinge')).toBe('cookie-2 d6:result4:ponge');
    socket.close();
  });

  it.each(['dance', 'inject something'])('the command "%s" is not recognised', async (command) => {
    const { socket, ask } = await open();
    const body = (await ask(`no-${command.length} ${JSON.stringify({ command })}`)).replace(/^\S+ /, '');
    expect(JSON.parse(body)).toEqual({ result: 'error', 'error-reason': 'Unrecognized command' });
    socket.close();
  });

  it('a dictionary without a command is told so', async () => {
    const { socket, ask } = await open();
    expect(await ask('empty {}')).toContain('Dictionary contains no key \\"command\\"');
    socket.close();
  });

  it('a repeated cookie repeats the reply, and the command is executed once', async () => {
    const { callId, offer, remove } = bodies();
    const { socket, ask } = await open();
    const message = `repeat-${callId} ${encode({ ...offer, command: 'offer' })}`;
    const first = await ask(message);
    expect(decode(Buffer.from(first.slice(first.indexOf(' ') + 1)))).toMatchObject({ result: 'ok' });
    expect(await ask(message)).toBe(first);
    const ended = `ended-${callId} ${encode({ ...remove, command: 'delete' })}`;
    const statistics = await ask(ended);
    expect(statistics).toContain('totals');
    expect(await ask(ended)).toBe(statistics);
    // The offer's cookie again does not bring the call back.
    await ask(message);
    expect(await stage().command('query', { 'call-id': callId })).toMatchObject({ outcome: 'error' });
    socket.close();
  });

  it('garbage does not stop the node', async () => {
    const { socket, ask } = await open();
    const [host, port] = stage().backend.ng.split(':');
    for (const garbage of [
      '',
      'x',
      'c l-3:',
      'c d-1:',
      `c ${'l'.repeat(5000)}`,
      'c {"a":',
      'c {}}',
      'c i99',
      'c 5:ab',
      '\0\0 \0',
    ]) {
      socket.send(garbage, Number(port), host);
    }
    socket.removeAllListeners('message');
    // rtpengine answers some of it with an error: the reply that counts is the ping's.
    let pong = '';
    while (!pong.startsWith('alive ')) pong = await ask('alive d7:command4:pinge');
    expect(pong).toBe('alive d6:result4:ponge');
    socket.close();
  });
});
