// SPDX-License-Identifier: Apache-2.0
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { PGlite } from '@electric-sql/pglite';

/** PostgreSQL's wire protocol in front of PGlite: the real `pg` driver can be tested where no server is installed. */
export interface WireServer {
  url: string;
  /** Breaks every connection, as a server that restarts does. */
  cut(): void;
  close(): Promise<void>;
}

export const startWireServer = async (): Promise<WireServer> => {
  const database = await PGlite.create();
  const sockets = new Set<Socket>();
  let turn: Promise<void> = Promise.resolve();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    const read = messageReader((message) => {
      turn = turn.then(async () => {
        const reply = await database.execProtocolRaw(message);
        if (socket.writable) socket.write(reply);
      });
    });
    socket.on('data', read);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `postgres://postgres@127.0.0.1:${(server.address() as AddressInfo).port}/postgres`,
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
      await turn;
      await database.close();
    },
  };
};

/** Length-prefixed messages; only the first, the start-up, has no type byte before its length. */
const messageReader = (onMessage: (message: Buffer) => void) => {
  let buffer = Buffer.alloc(0);
  let typeBytes = 0;
  return (data: Buffer): void => {
    buffer = Buffer.concat([buffer, data]);
    while (buffer.length >= typeBytes + 4) {
      const length = typeBytes + buffer.readInt32BE(typeBytes);
      if (buffer.length < length) return;
      onMessage(buffer.subarray(0, length));
      buffer = buffer.subarray(length);
      typeBytes = 1;
    }
  };
};
