// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { AppLink, CommandReply, Delivery, Whereabouts } from '../dialog/app-link.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/sip-message.ts';
import { encodeFrame, encodeSipFrame, FrameDecoder, FrameError } from './frame-codec.ts';
import { deliveryLeader, replyLeader, requestSentLeader, responseSentLeader } from './leader.ts';

/** Bytes that may wait for an app that does not read before its connection is given up. */
const UNREAD_LIMIT = 64 * 1024 * 1024;

export interface ConnectionEvents {
  /** A whole payload; the connection is still open. */
  frame(connection: AppConnection, payload: Buffer): void;
  /** The stream cannot be read on, or the app does not read: the connection is closed after this. */
  broken(connection: AppConnection, why: string): void;
  closed(connection: AppConnection): void;
}

/** One app's TCP connection: frames in, frames out, in order. */
export class AppConnection implements AppLink {
  authenticated = false;
  readonly peer: string;
  private readonly socket: Socket;
  private readonly events: ConnectionEvents;
  private readonly decoder = new FrameDecoder();
  private corked = false;
  private closing = false;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.socket = socket;
    this.events = events;
    this.peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.read(chunk);
    });
    // An error is always followed by `close`.
    socket.on('error', () => undefined);
    socket.on('drain', () => socket.resume());
    socket.on('close', () => {
      this.closing = true;
      events.closed(this);
    });
  }

  get live(): boolean {
    return this.authenticated && !this.closing && this.socket.writable;
  }

  deliver(message: SipMessage, delivery: Delivery): void {
    if (!this.live) return;
    // Where the engine made the message, its size is 0 by convention, whatever the text has.
    this.write(encodeSipFrame(message, () => deliveryLeader(delivery, delivery.size)));
  }

  reply(id: string, word: 'OK' | 'NO' | 'NOK', ...texts: string[]): void {
    this.write(encodeFrame(replyLeader(id, word, ...texts)));
  }

  /** The answers to the `sip` frame with this id. */
  replyTo(id: string): CommandReply {
    return {
      requestSent: (request: SipRequest, where: Whereabouts, transactionId: string) => {
        this.write(encodeSipFrame(request, (size) => requestSentLeader(id, where, transactionId, size)));
      },
      responseSent: (response: SipResponse, where: Whereabouts, ids) => {
        this.write(encodeSipFrame(response, (size) => responseSentLeader(id, where, ids, size)));
      },
      refused: (reason: string) => {
        this.reply(id, 'NOK', reason);
      },
    };
  }

  /** Sends what is queued, then closes. */
  close(): void {
    this.closing = true;
    this.socket.end();
  }

  destroy(): void {
    this.closing = true;
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    if (this.closing) return;
    try {
      for (const payload of this.decoder.push(chunk)) {
        this.events.frame(this, payload);
        if (this.stopped()) return;
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.events.broken(this, error.message);
      this.destroy();
    }
  }

  private stopped(): boolean {
    return this.closing;
  }

  /**
   * Frames of one turn of the event loop leave in one system call. An app that does not read is not read from either, so
   * that its own work cannot pile up answers; far beyond that it is cut off.
   */
  private write(frame: Buffer): void {
    if (!this.socket.writable) return;
    if (!this.corked) {
      this.corked = true;
      this.socket.cork();
      setImmediate(() => {
        this.corked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(frame);
    if (this.socket.writableLength < UNREAD_LIMIT) {
      if (this.socket.writableLength > UNREAD_LIMIT / 16) this.socket.pause();
      return;
    }
    this.events.broken(this, `the app has not read ${UNREAD_LIMIT} bytes of frames`);
    this.destroy();
  }
}
