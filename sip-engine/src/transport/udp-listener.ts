// SPDX-License-Identifier: Apache-2.0
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Flow, Hop } from '../transaction/contract.ts';
import { advertisedAddress } from './local-address.ts';
import { takeIn, type IntakeContext } from './message-intake.ts';
import { describeSystemError, TransportError } from './transport-error.ts';
import type { ListeningAddress, Log } from './transport-settings.ts';

/** Absorbs bursts while the event loop is busy; the kernel may give less. */
const socketBuffer = 4 * 1024 * 1024;
/** CRs, LFs and zero bytes: keep-alives over UDP are not answered. */
const blank = new Set([0, 10, 13]);

export type SendDone = (error: TransportError | undefined, flow: Flow) => void;

export interface ListenerContext extends IntakeContext {
  log: Log;
}

export class UdpListener {
  readonly listening: ListeningAddress;
  readonly #socket: Socket;
  readonly #context: ListenerContext;

  private constructor(socket: Socket, context: ListenerContext) {
    this.#socket = socket;
    this.#context = context;
    const { address, port } = socket.address();
    this.listening = { protocol: 'udp', address, port };
    enlargeBuffers(socket);
    socket.on('message', (bytes, remote) => {
      this.#receive(bytes, remote);
    });
    socket.on('error', (error) => {
      context.counters.errors += 1;
      context.log.warn({ err: error }, 'UDP socket error');
    });
  }

  /** Rejects with the system's error where the address cannot be had. */
  static async open(host: string, port: number, context: ListenerContext): Promise<UdpListener> {
    const v6 = isIPv6(host);
    const socket = createSocket({
      type: v6 ? 'udp6' : 'udp4',
      ipv6Only: v6,
      // Destinations are literals: node's own look-up would cost every datagram a turn of the event loop.
      lookup: (address, _options, done) => {
        done(null, address, isIPv6(address) ? 6 : 4);
      },
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind(port, host, resolve);
    });
    socket.removeAllListeners('error');
    return new UdpListener(socket, context);
  }

  flowTo(address: string, port: number): Flow {
    const localAddress = advertisedAddress(this.listening.address, address);
    return {
      protocol: 'udp',
      localAddress,
      localPort: this.listening.port,
      remoteAddress: address,
      remotePort: port,
    };
  }

  send(bytes: Buffer, hop: Hop, done?: SendDone): void {
    const finish = (error: Error | null): void => {
      if (error === null) this.#context.counters.sent += 1;
      else this.#context.counters.errors += 1;
      done?.(
        error === null ? undefined : new TransportError(describeSystemError(error), hop),
        this.flowTo(hop.address, hop.port),
      );
    };
    try {
      this.#socket.send(bytes, hop.port, hop.address, finish);
    } catch (error) {
      // Closed meanwhile, or a port out of range.
      process.nextTick(finish, error instanceof Error ? error : new Error(String(error)));
    }
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.close(resolve);
    });
  }

  #receive(bytes: Buffer, remote: RemoteInfo): void {
    if (bytes.length < 8 && bytes.every((byte) => blank.has(byte))) {
      this.#context.counters.pings += 1;
      return;
    }
    const { counters, gate } = this.#context;
    // Before anything is read: this is what a flood costs.
    if (!gate.admits(remote.address, Date.now())) {
      counters.dropped.rate += 1;
      return;
    }
    counters.received += 1;
    takeIn(this.#context, bytes, this.flowTo(remote.address, remote.port));
  }
}

function enlargeBuffers(socket: Socket): void {
  for (const grow of [socket.setRecvBufferSize.bind(socket), socket.setSendBufferSize.bind(socket)]) {
    try {
      grow(socketBuffer);
    } catch {
      // The kernel's limit holds then.
    }
  }
}
