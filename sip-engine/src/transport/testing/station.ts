// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createSocket } from 'node:dgram';
import type { Socket as DatagramSocket } from 'node:dgram';
import { getHeader } from '../../message/headers.ts';
import type { ParseError } from '../../message/parse-error.ts';
import type { Flow, Hop, Protocol } from '../../transaction/contract.ts';
import type { ReceivedMessage } from '../message-intake.ts';
import { TransportLayer } from '../transport-layer.ts';
import { defaultMaxima, type Maxima } from '../transport-settings.ts';

const HOST = '127.0.0.1';

/** A transport on loopback that keeps what comes, with the sockets that tests open towards it; for tests only. */
export class Station {
  readonly received: ReceivedMessage[] = [];
  readonly malformed: { error: ParseError; flow: Flow }[] = [];
  layer!: TransportLayer;
  readonly #waiting = new Set<() => void>();
  readonly #closers: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  static async open(maxima: Partial<Maxima> = {}): Promise<Station> {
    const station = new Station();
    station.layer = await TransportLayer.open({
      listeners: [
        { protocol: 'udp', host: HOST, port: 0 },
        { protocol: 'tcp', host: HOST, port: 0 },
      ],
      maxima: { ...defaultMaxima, ...maxima },
      log: { debug: () => undefined, warn: () => undefined },
      intake: {
        onMessage: (message) => {
          station.received.push(message);
          station.#look();
        },
        onMalformed: (error, flow) => {
          station.malformed.push({ error, flow });
          station.#look();
        },
      },
    });
    return station;
  }

  get port(): number {
    return this.layer.listening[0]?.port ?? 0;
  }

  /** Call-IDs of what has come. */
  get calls(): (string | undefined)[] {
    return this.received.map(({ message }) => getHeader(message, 'Call-ID'));
  }

  /** Where the message of this index came from. */
  flowOf(index: number): Flow {
    const flow = this.received[index]?.flow;
    if (flow === undefined) throw new Error(`message ${index} has not come`);
    return flow;
  }

  /** Resolves once so many messages have come; those that could not be read count too. */
  async arrived(count: number): Promise<void> {
    while (this.received.length + this.malformed.length < count) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Sends; resolves with `sent` or the words of the error. */
  send(text: string, hop: Hop): Promise<string> {
    return new Promise((resolve) => {
      this.layer.send(Buffer.from(text), hop, this.layer.localFor(hop), (error) => {
        resolve(error?.message ?? 'sent');
      });
    });
  }

  /** A TCP connection of a peer, by default at our own address, to us. */
  async dial(localAddress = HOST): Promise<Socket> {
    const socket = createConnection({ port: this.port, host: HOST, localAddress });
    socket.on('error', () => undefined);
    this.#closers.push(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  }

  /** A peer that listens for TCP; it keeps the sockets that we open to it. */
  async peer(): Promise<{ port: number; sockets: Socket[]; server: Server }> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      sockets.push(socket);
    });
    this.#closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    server.listen(0, HOST);
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, sockets, server };
  }

  /** A peer that speaks UDP. */
  async datagrams(): Promise<DatagramSocket> {
    const socket = createSocket('udp4');
    socket.bind(0, HOST);
    this.#closers.push(() => socket.close());
    await once(socket, 'listening');
    return socket;
  }

  /** Closes the transport alone; the peers' sockets stay. */
  shutDown(): Promise<void> {
    this.#closing ??= this.layer.close();
    return this.#closing;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) close();
    await this.shutDown();
  }

  #look(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

export const hopTo = (protocol: Protocol, port: number): Hop => ({ protocol, address: HOST, port });

/** An OPTIONS with this Call-ID. */
export function optionsText(callId: string, body = '', protocol = 'TCP'): string {
  return [
    'OPTIONS sip:127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/${protocol} 127.0.0.1:5060;branch=z9hG4bK${callId}`,
    'Max-Forwards: 70',
    'From: <sip:a@example.com>;tag=1',
    'To: <sip:b@example.com>',
    `Call-ID: ${callId}`,
    'CSeq: 1 OPTIONS',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** What a peer reads until it has so many bytes. */
export async function read(socket: Socket, bytes: number): Promise<string> {
  let text = '';
  while (text.length < bytes) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString('latin1');
  }
  return text;
}
