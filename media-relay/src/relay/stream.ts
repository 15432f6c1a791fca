// SPDX-License-Identifier: Apache-2.0
import type { RemoteInfo, Socket } from 'node:dgram';
import { PartyAddress } from './learning.ts';

/** Counts over the relay's life, for `statistics` and `/metrics`. */
export interface Traffic {
  packets: number;
  bytes: number;
  errors: number;
}

/** One open port: what its party sends here leaves by the peer's port towards the other party. */
export class Stream {
  readonly kind: 'RTP' | 'RTCP';
  readonly address: string;
  readonly port: number;
  readonly party = new PartyAddress();
  readonly stats: Traffic = { packets: 0, bytes: 0, errors: 0 };
  /** Milliseconds since the epoch; begins with the signalling that opened the port. */
  lastPacket = Date.now();
  peer: Stream | undefined;
  readonly #socket: Socket;
  readonly #traffic: Traffic;

  constructor(kind: 'RTP' | 'RTCP', socket: Socket, traffic: Traffic) {
    this.kind = kind;
    this.#socket = socket;
    ({ address: this.address, port: this.port } = socket.address());
    this.#traffic = traffic;
    socket.on('message', (packet, source) => {
      this.#receive(packet, source);
    });
    socket.on('error', () => {
      this.#count('errors');
    });
  }

  #receive(packet: Buffer, source: RemoteInfo): void {
    const now = Date.now();
    if (!this.party.receive(source, now)) {
      this.#count('errors');
      return;
    }
    this.lastPacket = now;
    this.#count('packets');
    this.#count('bytes', packet.length);
    this.peer?.send(packet);
  }

  send(packet: Buffer): void {
    const to = this.party.endpoint;
    if (!to) return;
    this.#socket.send(packet, to.port, to.address, (error) => {
      if (error) this.#count('errors');
    });
  }

  #count(what: keyof Traffic, by = 1): void {
    this.stats[what] += by;
    this.#traffic[what] += by;
  }
}
