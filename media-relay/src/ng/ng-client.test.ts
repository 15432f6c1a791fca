// SPDX-License-Identifier: Apache-2.0
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { encode, type Bencoded } from '../relay/bencode.ts';
import { createNgClient, type NgClient } from './ng-client.ts';

/** The system refuses to send there: broadcast is off. */
const UNSENDABLE = { host: '255.255.255.255', port: 9 };

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** A node of which the test writes the replies. */
async function fakeNode(): Promise<{
  socket: Socket;
  port: number;
  next(): Promise<{ cookie: string; from: RemoteInfo; text: string }>;
}> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  opened.push(() => socket.close());
  return {
    socket,
    port: socket.address().port,
    next: async () => {
      const [datagram, from] = (await once(socket, 'message')) as [Buffer, RemoteInfo];
      const text = datagram.toString();
      return { cookie: text.slice(0, text.indexOf(' ')), from, text };
    },
  };
}

function client(onError?: (error: unknown) => void): NgClient {
  const created = createNgClient(onError);
  opened.push(() => {
    created.close();
  });
  return created;
}

async function answered(reply: Bencoded) {
  const node = await fakeNode();
  const result = client().command({ host: '127.0.0.1', port: node.port }, 'offer', { 'call-id': 'x' });
  const { cookie, from } = await node.next();
  node.socket.send(`${cookie} ${encode(reply)}`, from.port, from.address);
  return result;
}

describe('a reply', () => {
  it('is given back where the node says ok', async () => {
    expect(await answered({ result: 'ok', sdp: 'v=0' })).toEqual({
      outcome: 'ok',
      reply: { result: 'ok', sdp: 'v=0' },
    });
  });

  it('of load limit is an outcome of its own', async () => {
    expect(await answered({ result: 'load limit', message: 'Load limit exceeded' })).toEqual({
      outcome: 'loadLimit',
      reason: 'Load limit exceeded',
    });
  });

  it('of error has its reason', async () => {
    expect(await answered({ result: 'error', 'error-reason': 'Ran out of ports' })).toEqual({
      outcome: 'error',
      reason: 'Ran out of ports',
    });
  });

  it('of error without a reason is still an error', async () => {
    expect(await answered({ result: 'error' })).toEqual({
      outcome: 'error',
      reason: 'the node gave no reason',
    });
  });
});

describe('without a reply', () => {
  it('the same datagram is sent again, then the command times out', async () => {
    const node = await fakeNode();
    const result = client().command({ host: '127.0.0.1', port: node.port }, 'ping', {}, 300);
    const [first, second] = [await node.next(), await node.next()];
    expect(second.text).toBe(first.text);
    expect(await result).toEqual({ outcome: 'timeout', reason: expect.stringContaining('timeout') });
  });

  it('a late reply and a repeated one are counted, silently', async () => {
    const written = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const errors: unknown[] = [];
    const node = await fakeNode();
    const ng = client((error) => errors.push(error));
    const to = { host: '127.0.0.1', port: node.port };
    const late = ng.command(to, 'ping', {}, 20);
    const request = await node.next();
    expect((await late).outcome).toBe('timeout');
    const pong = (cookie: string): string => `${cookie} ${encode({ result: 'pong' })}`;
    const next = ng.command(to, 'ping');
    const { cookie, from } = await node.next();
    for (const reply of [pong(request.cookie), pong(cookie), pong(cookie)])
      node.socket.send(reply, from.port, from.address);
    expect((await next).outcome).toBe('ok');
    while (ng.lateReplies < 2) await new Promise(setImmediate);
    expect(errors).toEqual([]);
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });
});

describe('what anybody may send to its socket', () => {
  it.each(['l-3:', 'd-1:', '', 'x'])('does not stop it: %j', async (garbage) => {
    const node = await fakeNode();
    const ng = client();
    const result = ng.command({ host: '127.0.0.1', port: node.port }, 'ping');
    const { cookie, from } = await node.next();
    node.socket.send(`${'0'.repeat(36)} ${garbage}`, from.port, from.address);
    node.socket.send(garbage, from.port, from.address);
    node.socket.send(`${cookie} ${encode({ result: 'pong' })}`, from.port, from.address);
    expect((await result).outcome).toBe('ok');
    expect(ng.lateReplies).toBe(2);
  });

  it('is reported where it has the cookie of a command but is no reply', async () => {
    const errors: unknown[] = [];
    const node = await fakeNode();
    const ng = client((error) => errors.push(error));
    const result = ng.command({ host: '127.0.0.1', port: node.port }, 'ping', {}, 80);
    const { cookie, from } = await node.next();
    node.socket.send(`${cookie} d6:result`, from.port, from.address);
    expect((await result).outcome).toBe('timeout');
    expect(errors).toHaveLength(1);
  });
});

describe('closing', () => {
  it('ends the commands on the way, and refuses later ones', async () => {
    const node = await fakeNode();
    const ng = client();
    const to = { host: '127.0.0.1', port: node.port };
    const pending = ng.command(to, 'ping');
    await node.next();
    ng.close();
    ng.close();
    expect(await pending).toEqual({ outcome: 'timeout', reason: 'the ng client was closed' });
    expect(await ng.command(to, 'ping')).toEqual({ outcome: 'timeout', reason: 'the ng client is closed' });
  });

  it('an address that cannot be sent to is a timeout with its cause, at once', async () => {
    const result = await client().command(UNSENDABLE, 'ping', {}, 60_000);
    expect(result).toEqual({ outcome: 'timeout', reason: expect.stringContaining('EACCES') });
  });

  it('nothing is left of a command that could not be sent when its deadline passes', async () => {
    const errors: unknown[] = [];
    const ng = client((error) => errors.push(error));
    await ng.command(UNSENDABLE, 'ping', {}, 100);
    const node = await fakeNode();
    // Ends after the first one's deadline.
    await ng.command({ host: '127.0.0.1', port: node.port }, 'ping', {}, 200);
    expect(errors).toEqual([]);
  });
});
