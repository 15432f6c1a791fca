// SPDX-License-Identifier: Apache-2.0
import { Client } from 'rtpengine-client';

/** Length of the cookie that rtpengine-client puts before each message: a UUID. */
const COOKIE_LENGTH = 36;

/**
 * rtpengine-client's UDP client with four of its traps closed (version 0.4.12, read from its source):
 *
 * - A datagram is decoded only if its cookie belongs to a command in flight. The package decodes whatever arrives, its
 *   decoder never returns from `l-3:`, and its socket is open to everyone; cookies are 122 random bits.
 * - A late or repeated reply is counted; the package writes it to stdout and emits `error`.
 * - A command that could not be sent ends with that error alone; the package leaves its timer running, which then emits
 *   `error` for a command that nobody knows any more.
 * - The bytes last sent stay at hand, so that the same cookie can be sent again: rtpengine then repeats its first reply
 *   instead of executing the command twice (a second `delete` would have no statistics).
 */
export class QuietClient extends Client {
  /** The datagram of the command issued last. */
  lastDatagram: Buffer = Buffer.alloc(0);
  /** Replies dropped because nobody waited for them any more. */
  lateReplies = 0;

  constructor() {
    super({ rejectOnError: true });
    const send = this.socket.send.bind(this.socket) as (...parameters: unknown[]) => void;
    this.socket.send = (...parameters: unknown[]) => {
      this.lastDatagram = parameters[0] as Buffer;
      send(...parameters);
    };
  }

  override _onMessage(message: Buffer): void {
    if (!this.messages.has(message.toString('latin1', 0, COOKIE_LENGTH))) {
      this.lateReplies++;
      return;
    }
    try {
      this._onParsedMessage(Client.decodeMessage(message));
    } catch (error) {
      this.emit('error', error);
    }
  }

  override _onMessageTimeout(id: string): void {
    if (this.messages.has(id)) super._onMessageTimeout(id);
    else this.timers.delete(id);
  }

  /** Sends a command's bytes again. A failure to send shows as the command's timeout. */
  repeat(datagram: Buffer, host: string, port: number): void {
    this.socket.send(datagram, port, host, () => undefined);
  }

  /** Ends every command in flight with `reason`, then closes the socket. */
  abort(reason: Error): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    const waiting = [...this.messages.values()];
    this.messages.clear();
    for (const callback of waiting) callback(reason);
    this.close();
  }
}
