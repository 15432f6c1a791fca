// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ParseError } from '../message/parse-error.ts';
import { StreamSplitter, type StreamItem } from '../message/stream-splitter.ts';
import type { Flow } from '../transaction/contract.ts';
import { takeIn } from './message-intake.ts';
import { describeSystemError, TransportError } from './transport-error.ts';
import type { Maxima } from './transport-settings.ts';
import type { ListenerContext, SendDone } from './udp-listener.ts';

const pong = Buffer.from('\r\n');

/** One TCP or TLS connection, opened by either side. Ends by itself on errors, silence, or a peer that does not read. */
export class TcpConnection {
  readonly flow: Flow & { connectionId: number };
  readonly #socket: Socket;
  readonly #context: ListenerContext;
  readonly #maxima: Maxima;
  readonly #splitter: StreamSplitter;
  /** Told once, with a readable reason. */
  readonly #closeListeners = new Set<(reason: string) => void>();
  #waiting: { bytes: Buffer; done: SendDone | undefined }[] = [];
  #connected: boolean;
  #reason = 'connection closed by peer';
  #closed = false;

  constructor(
    socket: Socket,
    flow: Flow & { connectionId: number },
    context: ListenerContext,
    maxima: Maxima,
  ) {
    this.#socket = socket;
    this.flow = flow;
    this.#context = context;
    this.#maxima = maxima;
    this.#splitter = new StreamSplitter(maxima);
    this.#connected = !socket.connecting;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    this.#listen();
  }

  get usable(): boolean {
    return !this.#closed && !this.#socket.destroyed && (!this.#connected || this.#socket.writable);
  }

  onClose(listener: (reason: string) => void): void {
    this.#closeListeners.add(listener);
  }

  offClose(listener: (reason: string) => void): void {
    this.#closeListeners.delete(listener);
  }

  send(bytes: Buffer, done?: SendDone): void {
    if (!this.usable) {
      this.#refuse(done);
    } else if (!this.#connected) {
      this.#waiting.push({ bytes, done });
    } else {
      this.#write(bytes, done);
    }
  }

  end(reason: string): void {
    this.#reason = reason;
    this.#socket.destroySoon();
  }

  destroy(reason: string): void {
    this.#reason = reason;
    this.#socket.destroy();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.setTimeout(this.#connected ? this.#maxima.idle : this.#maxima.connect);
    socket.on(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      this.#connected = true;
      socket.setTimeout(this.#maxima.idle);
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const { bytes, done } of waiting) this.#write(bytes, done);
    });
    socket.on('timeout', () => {
      this.destroy(this.#connected ? 'connection idle' : 'connect timeout');
    });
    socket.on('error', (error) => {
      this.#reason = describeSystemError(error);
    });
    socket.on('data', (chunk: Buffer) => {
      this.#read(chunk);
    });
    socket.on('close', () => {
      this.#finish();
    });
  }

  #read(chunk: Buffer): void {
    try {
      this.#splitter.push(chunk, (item) => {
        this.#take(item);
      });
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      // Where the next message begins is unknown now: answer what can be answered, then close.
      this.#socket.pause();
      this.#context.intake.onMalformed(error, this.flow);
      this.end(error.message);
    }
  }

  #take(item: StreamItem): void {
    if (item.kind === 'ping') {
      this.#context.counters.pings += 1;
      this.#socket.write(pong);
      return;
    }
    this.#context.counters.received += 1;
    takeIn(this.#context.intake, item.bytes, this.flow);
  }

  #write(bytes: Buffer, done: SendDone | undefined): void {
    if (this.#socket.writableLength > this.#maxima.backlog) {
      this.destroy('peer does not read');
      this.#refuse(done);
      return;
    }
    this.#socket.write(bytes);
    this.#context.counters.sent += 1;
    done?.(undefined, this.flow);
  }

  #refuse(done: SendDone | undefined): void {
    if (done === undefined) return;
    const { protocol, remoteAddress: address, remotePort: port } = this.flow;
    const error = new TransportError(this.#reason, { protocol, address, port });
    process.nextTick(done, error, this.flow);
  }

  #finish(): void {
    this.#closed = true;
    if (!this.#connected) this.#context.counters.errors += 1;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { done } of waiting) this.#refuse(done);
    for (const listener of [...this.#closeListeners]) listener(this.#reason);
    this.#closeListeners.clear();
  }
}
