// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Flow } from '../transaction/contract.ts';
import { hopTo, optionsText, read, Station } from './testing/station.ts';
import type { Maxima } from './transport-settings.ts';

let station: Station;
const open = async (maxima: Partial<Maxima> = {}): Promise<void> => {
  station = await Station.open(maxima);
};
/** Resolves with the reason when the connection of the first message ends. */
const ending = (index = 0): Promise<string> =>
  new Promise((resolve) => {
    station.layer.watch(station.flowOf(index), resolve);
  });

afterEach(async () => {
  await station.close();
});

describe('messages on a TCP connection of a peer', () => {
  it('are found however the bytes are cut', async () => {
    await open();
    const socket = await station.dial();
    socket.setNoDelay(true);
    for (const byte of Buffer.from(optionsText('bytes', 'a\r\n\r\nb'))) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await station.arrived(1);
    expect(station.received[0]?.message.body.toString()).toBe('a\r\n\r\nb');
    expect(station.received[0]?.size).toBe(optionsText('bytes', 'a\r\n\r\nb').length);
  });

  it('are found however many come at once, in their order, with half of the next', async () => {
    await open();
    const socket = await station.dial();
    const last = optionsText('last', 'body');
    socket.write(optionsText('one') + optionsText('two', 'x') + optionsText('three') + last.slice(0, -2));
    await station.arrived(3);
    expect(station.calls).toEqual(['one', 'two', 'three']);
    const sizes = ['one', 'two', 'three'].map((name) => optionsText(name, name === 'two' ? 'x' : '').length);
    expect(station.received.map(({ size }) => size)).toEqual(sizes);
    socket.write(last.slice(-2));
    await station.arrived(4);
    expect(station.calls[3]).toBe('last');
    expect(station.layer.connections).toBe(1);
  });

  it('have the flow of their connection', async () => {
    await open();
    const socket = await station.dial();
    socket.write(optionsText('a'));
    await station.arrived(1);
    expect(station.flowOf(0)).toEqual({
      protocol: 'tcp',
      localAddress: '127.0.0.1',
      localPort: station.port,
      remoteAddress: '127.0.0.1',
      remotePort: socket.localPort,
      connectionId: expect.any(Number),
    });
  });

  it('get their responses on the same connection', async () => {
    await open();
    const [first, second] = [await station.dial(), await station.dial()];
    first.write(optionsText('a'));
    await station.arrived(1);
    second.write(optionsText('b'));
    await station.arrived(2);
    station.layer.reply(Buffer.from('to b'), { flow: station.flowOf(1), port: 1 });
    station.layer.reply(Buffer.from('to a'), { flow: station.flowOf(0), port: 1 });
    expect([await read(first, 4), await read(second, 4)]).toEqual(['to a', 'to b']);
  });

  it('get them on a new one to the port in Via when theirs has gone (RFC 3261 §18.2.2)', async () => {
    await open();
    const socket = await station.dial();
    socket.write(optionsText('a'));
    await station.arrived(1);
    const ended = ending();
    socket.destroy();
    await ended;
    const peer = await station.peer();
    const connected = once(peer.server, 'connection');
    station.layer.reply(Buffer.from('late'), { flow: station.flowOf(0), port: peer.port });
    await connected;
    expect(await read(peer.sockets[0] ?? socket, 4)).toBe('late');
  });
});

describe('a double CRLF on a TCP connection (RFC 5626 §3.5.1)', () => {
  it('is answered by one CRLF, also in two pieces and between messages', async () => {
    await open();
    const socket = await station.dial();
    socket.write('\r\n\r\n');
    expect(await read(socket, 2)).toBe('\r\n');
    socket.write('\r\n');
    socket.write('\r\n');
    expect(await read(socket, 2)).toBe('\r\n');
    socket.write(`${optionsText('a')}\r\n\r\n${optionsText('b')}`);
    expect(await read(socket, 2)).toBe('\r\n');
    await station.arrived(2);
    expect(station.layer.counters).toMatchObject({ pings: 3, received: 2, malformed: 0 });
  });

  it('is none where it is single, as some send between messages', async () => {
    await open();
    const socket = await station.dial();
    const answers: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => answers.push(chunk));
    socket.write(`\r\n${optionsText('a')}\r\n${optionsText('b')}`);
    await station.arrived(2);
    station.layer.reply(Buffer.from('end'), { flow: station.flowOf(1), port: 1 });
    while (answers.length === 0) await once(socket, 'data');
    expect(Buffer.concat(answers).toString()).toBe('end');
  });
});

describe('a TCP connection ends', () => {
  it('when it was silent too long, and who waits on it is told', async () => {
    await open({ idle: 500 });
    const socket = await station.dial();
    socket.resume();
    const closed = once(socket, 'close');
    socket.write(optionsText('a'));
    await station.arrived(1);
    expect(await ending()).toBe('connection idle');
    await closed;
    expect(station.layer.connections).toBe(0);
  });

  it('when the peer does not read what we send', async () => {
    await open({ backlog: 100_000 });
    const socket = await station.dial();
    socket.pause();
    socket.write(optionsText('a'));
    await station.arrived(1);
    const ended = ending();
    const piece = Buffer.alloc(65_536);
    let failure: string | undefined;
    const reply = (): Promise<void> =>
      new Promise((resolve) => {
        station.layer.reply(piece, { flow: station.flowOf(0), port: 1 }, (error) => {
          failure = error?.message;
          resolve();
        });
      });
    // The kernel takes some megabytes by itself.
    for (let n = 0; n < 2000 && failure === undefined; n += 1) await reply();
    expect(failure).toMatch(/^peer does not read: tcp\/127\.0\.0\.1:\d+$/);
    expect(await ended).toBe('peer does not read');
  });

  it.each([
    ['bytes that are no SIP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', undefined],
    ['a header block that never ends', `OPTIONS sip:a SIP/2.0\r\nX: ${'x'.repeat(2000)}`, 513],
    ['a body that is too long', optionsText('a', 'x'.repeat(600)), 413],
  ])('after %s, which cannot be followed any further', async (_, text, status) => {
    await open({ header: 1000, body: 500 });
    const socket = await station.dial();
    socket.resume();
    const closed = once(socket, 'close');
    socket.write(optionsText('before') + text + optionsText('after'));
    await station.arrived(2);
    await closed;
    expect(station.calls).toEqual(['before']);
    expect(station.malformed).toHaveLength(1);
    if (status !== undefined) expect(station.malformed[0]?.error.status).toBe(status);
  });

  it('not after one message that cannot be used: the next one is found', async () => {
    await open();
    const socket = await station.dial();
    socket.write(optionsText('bad').replace('CSeq: 1 OPTIONS', 'CSeq: one') + optionsText('good'));
    await station.arrived(2);
    expect(station.calls).toEqual(['good']);
    expect(station.malformed[0]?.error.message).toContain('CSeq');
    expect(station.layer.connections).toBe(1);
  });
});

describe('as many TCP connections as there may be', () => {
  it('are let in; the next is closed, until one has gone', async () => {
    await open({ connections: 2 });
    const first = await station.dial();
    const second = await station.dial();
    first.write(optionsText('a'));
    second.write(optionsText('b'));
    await station.arrived(2);
    const third = await station.dial();
    third.resume();
    await once(third, 'close');
    expect(station.layer.counters.connectionsRefused).toBe(1);
    const ended = ending(station.calls.indexOf('a'));
    first.destroy();
    await ended;
    const fourth = await station.dial();
    fourth.write(optionsText('d'));
    await station.arrived(3);
    expect(station.layer.connections).toBe(2);
  });

  it('are opened by us; more is an error in words', async () => {
    await open({ connections: 1 });
    const [one, two] = [await station.peer(), await station.peer()];
    expect(await station.send('x', hopTo('tcp', one.port))).toBe('sent');
    expect(await station.send('x', hopTo('tcp', two.port))).toBe(
      `too many open connections: tcp/127.0.0.1:${two.port}`,
    );
    expect(await station.send('x', hopTo('tcp', one.port))).toBe('sent');
  });
});

describe('a TCP connection that we need', () => {
  it('is opened once for all that goes there, also before it stands', async () => {
    await open();
    const peer = await station.peer();
    const hop = hopTo('tcp', peer.port);
    expect(await Promise.all([station.send('one ', hop), station.send('two ', hop)])).toEqual([
      'sent',
      'sent',
    ]);
    expect(await station.send('three', hop)).toBe('sent');
    while (peer.sockets.length === 0) await once(peer.server, 'connection');
    expect(await read(peer.sockets[0] ?? (await station.dial()), 13)).toBe('one two three');
    expect(peer.sockets).toHaveLength(1);
  });

  it('may be one that the peer has opened (RFC 5923)', async () => {
    await open();
    const socket = await station.dial();
    socket.write(optionsText('a'));
    await station.arrived(1);
    expect(await station.send('back', hopTo('tcp', socket.localPort ?? 0))).toBe('sent');
    expect(await read(socket, 4)).toBe('back');
    expect(station.layer.connections).toBe(1);
  });

  it('is opened anew when the peer has closed it', async () => {
    await open();
    const peer = await station.peer();
    const hop = hopTo('tcp', peer.port);
    const flow = await new Promise<Flow>((resolve) => {
      station.layer.send(Buffer.from('one'), hop, station.layer.localFor(hop), (_, used) => {
        resolve(used);
      });
    });
    const gone = new Promise((resolve) => station.layer.watch(flow, resolve));
    while (peer.sockets.length === 0) await once(peer.server, 'connection');
    peer.sockets[0]?.resume();
    peer.sockets[0]?.end();
    expect(await gone).toBe('connection closed by peer');
    const again = once(peer.server, 'connection');
    expect(await station.send('two', hop)).toBe('sent');
    await again;
    // What was for the old connection is not sent on the new one.
    station.layer.resend(Buffer.from('old'), flow);
    expect(station.layer.counters.sent).toBe(2);
  });

  it('that is refused is told in words, and not before `send` has returned', async () => {
    await open();
    const peer = await station.peer();
    peer.server.close();
    await once(peer.server, 'close');
    const said = station.send('x', hopTo('tcp', peer.port));
    expect(await said).toBe(`connection refused: tcp/127.0.0.1:${peer.port}`);
    expect(station.layer.counters.errors).toBe(1);
  });

  it('is closed with everything else', async () => {
    await open();
    const socket = await station.dial();
    socket.resume();
    socket.write(optionsText('a'));
    await station.arrived(1);
    const [ended, closed] = [ending(), once(socket, 'close')];
    await station.shutDown();
    expect(await ended).toBe('shutting down');
    await closed;
    expect(() => station.layer.localFor(hopTo('tcp', 5060))).toThrow('shutting down: tcp/127.0.0.1:5060');
  });
});
