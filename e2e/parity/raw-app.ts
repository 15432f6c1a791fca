// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Frame, FrameTap } from './frame-tap.ts';

/** An app that speaks frames without drachtio-srf: for what srf would never say. */
export class RawApp {
  readonly #socket: Socket;
  readonly #tap: FrameTap;
  #count = 0;

  private constructor(socket: Socket, tap: FrameTap) {
    this.#socket = socket;
    this.#tap = tap;
  }

  static async connect(tap: FrameTap): Promise<RawApp> {
    const socket = connect(tap.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'connect');
    return new RawApp(socket, tap);
  }

  /** Whether the engine has closed the connection. */
  get closed(): boolean {
    return this.#socket.readableEnded || this.#socket.destroyed;
  }

  /** Resolves when the engine closes the connection. */
  async ended(): Promise<void> {
    if (!this.closed) await once(this.#socket, 'close');
  }

  /** Sends a frame; gives the id that it was sent under. */
  send(rest: string): string {
    const id = `m${(this.#count += 1)}`;
    const payload = `${id}|${rest}`;
    this.raw(`${Buffer.byteLength(payload)}#${payload}`);
    return id;
  }

  raw(bytes: string): void {
    this.#socket.write(bytes);
  }

  /** Sends a frame and waits for its response. */
  async ask(rest: string, ms?: number): Promise<Frame> {
    const id = this.send(rest);
    return this.#tap.waitFor(
      ({ direction, tokens }) => direction === 'to-app' && tokens[1] === 'response' && tokens[2] === id,
      `the response to ${rest.slice(0, 60)}`,
      ms,
    );
  }

  /** The first `sip` frame whose message fits. */
  delivered(fits: (frame: Frame) => boolean, what: string): Promise<Frame> {
    return this.#tap.waitFor(
      (frame) => frame.direction === 'to-app' && frame.tokens[1] === 'sip' && fits(frame),
      what,
    );
  }

  close(): void {
    this.#socket.destroy();
  }
}
