// SPDX-License-Identifier: Apache-2.0
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Logger } from 'pino';
import type { CallTable } from './call-table.ts';
import { execute } from './commands.ts';
import { readMessage, writeMessage, type Dictionary, type NgMessage } from './ng-message.ts';
import { ReplyCache } from './reply-cache.ts';

const RECEIVE_BUFFER_BYTES = 4 << 20;

export interface NgServer {
  readonly port: number;
  close(): void;
}

/**
 * Serves the ng protocol over UDP. Commands for one call run one after the other; a repeated datagram gets the first
 * reply again.
 *
 * @throws where the address cannot be bound
 */
export async function serveNg(
  address: { host: string; port: number },
  table: CallTable,
  log: Logger,
): Promise<NgServer> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(address.port, address.host, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  socket.on('error', (error) => {
    log.error({ err: error }, 'ng socket');
  });
  const run = inTurnByCall(table, log);
  const replies = new ReplyCache();
  socket.on('message', (datagram, source) => {
    const message = readMessage(datagram);
    if (!message) {
      log.warn({ source: `${source.address}:${source.port}`, bytes: datagram.length }, 'not an ng message');
      return;
    }
    const reply = replies.get(message.cookie);
    if (reply === 'pending') return;
    if (reply) {
      send(socket, reply, source);
      return;
    }
    replies.set(message.cookie, 'pending', Date.now());
    void run(message).then((dictionary) => {
      const bytes = writeMessage(message, dictionary);
      replies.set(message.cookie, bytes, Date.now());
      send(socket, bytes, source);
    });
  });
  return {
    port: socket.address().port,
    close() {
      socket.close();
    },
  };
}

function send(socket: Socket, reply: Buffer, to: RemoteInfo): void {
  try {
    socket.send(reply, to.port, to.address, () => undefined);
  } catch {
    // The server was closed while the command ran: there is nobody left to answer.
  }
}

function inTurnByCall(table: CallTable, log: Logger): (message: NgMessage) => Promise<Dictionary> {
  const turns = new Map<string, Promise<Dictionary>>();
  const onDefect = (error: unknown): void => {
    log.error({ err: error }, 'ng command');
  };
  return ({ dictionary }) => {
    const id = dictionary['call-id'];
    if (typeof id !== 'string') return execute(table, dictionary, onDefect);
    const before = turns.get(id);
    const turn = before
      ? before.then(() => execute(table, dictionary, onDefect))
      : execute(table, dictionary, onDefect);
    turns.set(id, turn);
    void turn.then(() => {
      if (turns.get(id) === turn) turns.delete(id);
    });
    return turn;
  };
}
