// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { CommandHandler } from '../dialog/app-link.ts';
import type { SipMessage } from '../message/sip-message.ts';
import { AppConnection } from './app-connection.ts';
import { AppMessageError, parseAppMessage } from './app-message.ts';
import type { FrameLimits } from './frame-limits.ts';
import { checkFrame } from './frame-limits.ts';
import type { RouteTable } from './route-table.ts';

/** What drachtio-srf's version test (`^v\d+\.\d+\.\d+`) accepts; the protocol level that this engine speaks. */
const PROTOCOL_VERSION = 'v0.9.10';
const CR = 0x0d;

export interface AdminServerOptions {
  secret: string;
  /** Size limits of drachtio-server, and `remove_route` dropping all verbs of a connection. */
  parity: boolean;
  limits: FrameLimits;
  /** `udp/127.0.0.1:5060,tcp/127.0.0.1:5060`, asked for when an app authenticates. */
  hostports: () => string;
  handler: CommandHandler;
  routes: RouteTable;
  /** Something an operator should see; never holds the secret. */
  warn: (text: string, details: Record<string, unknown>) => void;
}

/** The TCP server that apps connect to (drachtio's inbound mode). */
export class AdminServer {
  readonly connections = new Set<AppConnection>();
  private readonly options: AdminServerOptions;
  private readonly server: Server;
  private readonly secretDigest: Buffer;

  constructor(options: AdminServerOptions) {
    this.options = options;
    this.secretDigest = digest(options.secret);
    this.server = createServer((socket) => {
      this.connections.add(
        new AppConnection(socket, {
          frame: (connection, payload) => {
            this.frame(connection, payload);
          },
          broken: (connection, why) => {
            options.warn('closing the connection of an app', { app: connection.peer, why });
          },
          closed: (connection) => {
            this.connections.delete(connection);
            options.routes.removeAll(connection);
            options.handler.linkClosed(connection);
          },
        }),
      );
    });
  }

  /** Rejects with the system's error when the address is taken. */
  async listen(host: string, port: number): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return this.server.address() as AddressInfo;
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }

  /** Apps that may work now. */
  get authenticated(): number {
    let count = 0;
    for (const connection of this.connections) if (connection.live) count++;
    return count;
  }

  private frame(connection: AppConnection, payload: Buffer): void {
    const end = payload.indexOf(CR);
    const tokens = payload.toString('utf8', 0, end === -1 ? payload.length : end).split('|');
    const [id = '', type = ''] = tokens;
    if (id === '') {
      this.refuse(connection, '', 'message id missing: a frame is <id>|<type>|...');
    } else if (type === 'authenticate') {
      this.authenticate(connection, id, tokens);
    } else if (!connection.authenticated) {
      this.refuse(connection, id, 'not authenticated: the first frame has to be authenticate|<secret>|');
    } else {
      this.dispatch(connection, tokens, end === -1 ? undefined : payload.subarray(end + 2));
    }
  }

  private refuse(connection: AppConnection, id: string, reason: string): void {
    this.options.warn('closing the connection of an app', { app: connection.peer, why: reason });
    connection.reply(id, 'NO', reason);
    connection.close();
  }

  /** Digests have one length, so the comparison takes one time whatever was sent. */
  private authenticate(connection: AppConnection, id: string, tokens: string[]): void {
    if (!timingSafeEqual(digest(tokens[2] ?? ''), this.secretDigest)) {
      this.refuse(connection, id, 'incorrect secret');
      return;
    }
    connection.authenticated = true;
    const hostports = this.options.hostports();
    connection.reply(id, 'OK', hostports, PROTOCOL_VERSION, hostports);
  }

  private dispatch(connection: AppConnection, tokens: string[], text: Buffer | undefined): void {
    const [id = '', type = '', argument = ''] = tokens;
    switch (type) {
      case 'ping':
        connection.reply(id, 'OK', 'pong');
        return;
      case 'route':
        this.route(connection, id, argument);
        return;
      case 'remove_route':
        this.removeRoute(connection, id, argument);
        return;
      case 'sip':
        this.sip(connection, tokens, text);
        return;
      default:
        connection.reply(id, 'NOK', 'not supported by embedded engine');
    }
  }

  private route(connection: AppConnection, id: string, verb: string): void {
    if (verb === '') {
      connection.reply(id, 'NO', 'verb missing');
      return;
    }
    this.options.routes.add(verb, connection);
    connection.reply(id, 'OK');
  }

  /** drachtio-server drops every verb of the connection, whichever is named. */
  private removeRoute(connection: AppConnection, id: string, verb: string): void {
    if (this.options.parity) this.options.routes.removeAll(connection);
    else this.options.routes.remove(verb, connection);
    connection.reply(id, 'OK');
  }

  private sip(connection: AppConnection, tokens: string[], text: Buffer | undefined): void {
    const id = tokens[0] ?? '';
    const excess =
      text === undefined ? 'no SIP message after the tokens' : checkFrame(text, this.options.limits);
    if (text === undefined || excess !== undefined) {
      this.options.warn('frame refused', { app: connection.peer, why: excess });
      connection.reply(id, 'NOK', excess ?? '');
      return;
    }
    try {
      this.command(connection, tokens, parseAppMessage(text));
    } catch (error) {
      if (!(error instanceof AppMessageError)) throw error;
      connection.reply(id, 'NOK', describeUnreadable(text, error));
    }
  }

  private command(connection: AppConnection, tokens: string[], message: SipMessage): void {
    const [id = '', , transactionId = '', dialogId = '', proxy = ''] = tokens;
    if (message.kind === 'response' && transactionId === '') {
      this.refuse(connection, id, 'transaction id missing');
      return;
    }
    this.options.handler.command({
      link: connection,
      transactionId,
      dialogId,
      proxy: proxy === '' ? undefined : proxy,
      message,
      reply: connection.replyTo(id),
    });
  }
}

/** drachtio's words for what its parser cannot use, then ours for what is wrong. */
function describeUnreadable(text: Buffer, error: AppMessageError): string {
  const isResponse = text.subarray(0, 4).toString('latin1') === 'SIP/';
  if (isResponse) return `Unknown server error sending response: ${error.message}`;
  return error.message.includes('request line') ? `invalid request-uri: ${error.message}` : error.message;
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
