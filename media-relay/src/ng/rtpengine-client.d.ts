// SPDX-License-Identifier: Apache-2.0

/** The parts of rtpengine-client 0.4.12 (which brings no types) that `quiet-client.ts` stands on, as its source has them. */
declare module 'rtpengine-client' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:dgram';

  export type Reply = Record<string, unknown>;
  /** `error` is a bare string for an ng error reply (`rejectOnError`), otherwise an Error. */
  export type ReplyCallback = (error: string | Error | null | undefined, reply?: Reply) => void;
  export interface RemoteAddress {
    host: string;
    port: number;
  }
  export type Command = (
    to: RemoteAddress,
    options: Record<string, unknown>,
    callback: ReplyCallback,
  ) => unknown;

  export class Client extends EventEmitter {
    constructor(options: {
      localAddress?: string;
      localPort?: number;
      timeout?: number;
      rejectOnError?: boolean;
    });
    static decodeMessage(message: Buffer): { id: string; data: Reply };
    readonly socket: Socket;
    readonly messages: Map<string, ReplyCallback>;
    readonly timers: Map<string, NodeJS.Timeout>;
    /** Milliseconds for the commands issued from now on. */
    timeout: number;
    _onMessage(message: Buffer): void;
    _onParsedMessage(message: { id: string; data: Reply }): void;
    _onMessageTimeout(id: string): void;
    close(): void;
    ping: Command;
    offer: Command;
    answer: Command;
    delete: Command;
    query: Command;
    list: Command;
    statistics: Command;
  }
}
