// SPDX-License-Identifier: Apache-2.0
import { createSocket, type Socket } from 'node:dgram';
import { NgError } from './ng-request.ts';

/** An even RTP port and the odd RTCP port after it (RFC 3550 §11), both open. */
export interface PortPair {
  rtp: Socket;
  rtcp: Socket;
  /** The even one. */
  port: number;
}

/** Opens port pairs on one address out of one range; a port given back rests until the range has gone round. */
export class PortPool {
  readonly address: string;
  readonly #first: number;
  readonly #pairs: number;
  readonly #used = new Set<number>();
  #next = 0;

  /** `min` and `max` are both usable. */
  constructor(address: string, min: number, max: number) {
    this.address = address;
    this.#first = min + (min % 2);
    this.#pairs = Math.max(0, Math.floor((max - this.#first + 1) / 2));
  }

  /** @throws NgError `Ran out of ports` */
  async open(): Promise<PortPair> {
    for (let tried = 0; tried < this.#pairs; tried++) {
      const port = this.#first + 2 * this.#next;
      this.#next = (this.#next + 1) % this.#pairs;
      if (this.#used.has(port)) continue;
      this.#used.add(port);
      const pair = await this.#bindPair(port);
      if (pair) return pair;
      this.#used.delete(port);
    }
    throw new NgError('Ran out of ports');
  }

  close(pair: PortPair): void {
    pair.rtp.close();
    pair.rtcp.close();
    this.#used.delete(pair.port);
  }

  async #bindPair(port: number): Promise<PortPair | undefined> {
    const rtp = await bind(this.address, port);
    if (!rtp) return undefined;
    const rtcp = await bind(this.address, port + 1);
    if (rtcp) return { rtp, rtcp, port };
    rtp.close();
    return undefined;
  }
}

/** Undefined where somebody else has the port. */
function bind(address: string, port: number): Promise<Socket | undefined> {
  // Only literal addresses are ever used: looking each up would put every packet off by a tick.
  const socket = createSocket({
    type: 'udp4',
    lookup: (host, _options, callback) => {
      callback(null, host, 4);
    },
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
