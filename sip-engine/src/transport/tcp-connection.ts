// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ParseError } from '../message/parse-error.ts';
import { StreamSplitter, type StreamItem } from '../message/stream-splitter.ts';
import type { Flow } from '../transaction/contract.ts';
import { passMalformed, takeIn } from './message-intake.ts';
import type { DropReason } from './drop-counts.ts';
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
  /** Something whole has come: a message or a keep-alive. */
  #heard = false;
  #deadline: NodeJS.Timeout | undefined;
  #pause: NodeJS.Timeout | undefined;
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
    // A peer that connects to us has something to say.
    socket.setTimeout(this.#connected ? this.#maxima.silence : this.#maxima.connect);
    socket.on(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      this.#connected = true;
      this.#heard = true;
      socket.setTimeout(this.#maxima.idle);
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const { bytes, done } of waiting) this.#write(bytes, done);
    });
    socket.on('timeout', () => {
      if (this.#heard) this.destroy('connection idle');
      else if (this.#connected) this.#drop('silent-connection', 'nothing came on the connection');
      else this.destroy('connect timeout');
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
      passMalformed(this.#context, error, this.flow);
      this.end(error.message);
    }
    this.#setDeadline();
  }

  #take(item: StreamItem): void {
    this.#markHeard();
    if (item.kind === 'ping') {
      this.#context.counters.pings += 1;
      this.#socket.write(pong);
      return;
    }
    this.#context.counters.received += 1;
    takeIn(this.#context, item.bytes, this.flow);
    const wait = this.#context.gate.owes(this.flow.remoteAddress, Date.now());
    if (wait > 0) this.#hold(wait);
  }

  /** Something whole has come: what is pending now is another message, with a time of its own. */
  #markHeard(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    if (this.#heard) return;
    this.#heard = true;
    this.#socket.setTimeout(this.#maxima.idle);
  }

  /** A peer that sends a message in drops holds memory with it: it has a fixed time, however the drops fall. */
  #setDeadline(): void {
    const due = this.#splitter.inMessage && this.#pause === undefined && this.usable;
    if (!due || this.#deadline !== undefined) return;
    this.#deadline = setTimeout(() => {
      this.#drop('slow-message', 'a message did not become whole in time');
    }, this.#maxima.message);
  }

  /** A stream is slowed rather than cut: nothing of it is lost, and its sender's own buffers fill. */
  #hold(milliseconds: number): void {
    if (this.#pause === undefined) this.#context.counters.dropped.throttled += 1;
    this.#socket.pause();
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (!this.usable) return;
      this.#socket.resume();
      this.#setDeadline();
    }, milliseconds);
  }

  #drop(why: DropReason, reason: string): void {
    this.#context.counters.dropped[why] += 1;
    this.destroy(reason);
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
    clearTimeout(this.#deadline);
    clearTimeout(this.#pause);
    if (!this.#connected) this.#context.counters.errors += 1;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { done } of waiting) this.#refuse(done);
    for (const listener of [...this.#closeListeners]) listener(this.#reason);
    this.#closeListeners.clear();
  }
}
