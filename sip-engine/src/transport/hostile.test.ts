// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Maxima } from './transport-settings.ts';
import { optionsText, Station } from './testing/station.ts';

let station: Station;

async function open(maxima: Partial<Maxima> = {}): Promise<void> {
  station = await Station.open(maxima);
}

afterEach(async () => {
  await station.close();
});

const dropped = () => station.layer.counters.dropped;

async function closes(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
}

/** Answers an INVITE of that peer with 180: it is a stranger no longer. */
async function makeKnown(socket: Socket): Promise<void> {
  const before = station.received.length;
  socket.write(optionsText('known').replaceAll('OPTIONS', 'INVITE'));
  await station.arrived(before + 1);
  const ringing = 'SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n';
  station.layer.reply(Buffer.from(ringing), { flow: station.flowOf(before), port: 1 });
}

describe('a connection of a peer that dawdles', () => {
  it('is closed when a message does not become whole, however its bytes drip', async () => {
    await open({ message: 300 });
    const socket = await station.dial();
    const text = optionsText('drip');
    let at = 0;
    const drip = setInterval(() => socket.write(text[at++ % 40] ?? ''), 20);
    try {
      await closes(socket);
    } finally {
      clearInterval(drip);
    }
    expect(dropped()['slow-message']).toBe(1);
    expect(station.received).toHaveLength(0);
  });

  it('is closed when the body does not come', async () => {
    await open({ message: 300 });
    const socket = await station.dial();
    socket.write(optionsText('a', 'body').slice(0, -1));
    await closes(socket);
    expect(dropped()['slow-message']).toBe(1);
  });

  it('stays where each message comes in its time, and idle times between', async () => {
    await open({ message: 400 });
    const socket = await station.dial();
    for (let n = 1; n <= 4; n += 1) {
      const text = optionsText(`m${n}`);
      socket.write(text.slice(0, 30));
      await new Promise((resolve) => setTimeout(resolve, 150));
      socket.write(text.slice(30));
      await station.arrived(n);
    }
    // A lone CRLF is what some send to keep a connection: no message has begun.
    socket.write('\r\n');
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(station.layer.connections).toBe(1);
    expect(dropped()['slow-message']).toBe(0);
  });

  it('is closed when nothing comes at all', async () => {
    await open({ silence: 200 });
    await closes(await station.dial());
    expect(dropped()['silent-connection']).toBe(1);
  });
});

describe('connections of one source', () => {
  it('have a number; another source is not held to it', async () => {
    await open({ perSource: 2 });
    const [first, second] = [await station.dial(), await station.dial()];
    await closes(await station.dial());
    expect(dropped()['source-connections']).toBe(1);
    const other = await station.dial('127.0.0.2');
    other.write(optionsText('other'));
    await station.arrived(1);
    first.destroy();
    second.write(optionsText('second'));
    await station.arrived(2);
    // The place is free once the end of the first has been noticed.
    for (let open = false; !open;) {
      const next = await station.dial();
      next.write(optionsText('next'));
      open = await Promise.race([station.arrived(3).then(() => true), once(next, 'close').then(() => false)]);
    }
    expect(station.calls).toEqual(['other', 'second', 'next']);
  });
});

describe('messages of one source', () => {
  it('over UDP are dropped unread beyond its rate', async () => {
    await open({ rate: 40 });
    const socket = await station.datagrams();
    const send = (text: string) =>
      new Promise<void>((resolve) => {
        socket.send(text, station.port, '127.0.0.1', () => {
          resolve();
        });
      });
    for (let n = 0; n < 200; n += 1) await send(optionsText(`m${n}`));
    await station.arrived(5);
    // The burst of a stranger, and what came back while 200 datagrams were on their way.
    while (station.received.length + dropped().rate < 200)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(station.received.length).toBeLessThan(40);
    expect(station.layer.counters.received).toBe(station.received.length);
  });

  it('on a stream are read later beyond its rate, and none is lost', async () => {
    await open({ rate: 2000 });
    const socket = await station.dial();
    const all = Array.from({ length: 520 }, (_, n) => optionsText(`m${n}`));
    socket.write(all.join(''));
    await station.arrived(520);
    expect(station.calls).toEqual(all.map((_, n) => `m${n}`));
    expect(dropped().throttled).toBeGreaterThan(0);
    expect(dropped().rate).toBe(0);
  });

  it('are not counted so closely once a call of it got on', async () => {
    await open({ rate: 2000 });
    const socket = await station.dial();
    await makeKnown(socket);
    socket.write(Array.from({ length: 1000 }, (_, n) => optionsText(`m${n}`)).join(''));
    await station.arrived(1001);
    expect(dropped().throttled).toBe(0);
  });

  it('that are no SIP are passed on 20 times, then dropped', async () => {
    await open();
    const socket = await station.dial();
    socket.write(optionsText('bad').replace('CSeq: 1 OPTIONS', 'CSeq: one').repeat(50) + optionsText('good'));
    while (station.received.length === 0) await station.arrived(station.malformed.length + 1);
    expect(station.malformed.length).toBeLessThan(25);
    expect(station.malformed.length + dropped().malformed).toBe(50);
  });
});

describe('a header block too long', () => {
  it('can be answered where what an answer needs came first', async () => {
    await open({ header: 1000 });
    const socket = await station.dial();
    socket.write(optionsText('long').replace('Content-Length', `X: ${'x'.repeat(2000)}\r\nContent-Length`));
    await closes(socket);
    const [{ error } = { error: undefined }] = station.malformed;
    expect(error?.status).toBe(513);
    expect(error?.request?.headers.map(({ name }) => name)).toEqual([
      ...['Via', 'Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq'],
    ]);
  });
});
