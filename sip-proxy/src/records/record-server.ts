// SPDX-License-Identifier: Apache-2.0
import { unlinkSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createConnection } from 'node:net';
import type { RecordFilter } from './record-filter.ts';
import { RecordStoreError } from './record-store-error.ts';
import type { RecordReader } from './record-store.ts';

export interface RecordServer {
  /** Stops and removes the socket. */
  close(): Promise<void>;
}

/** sun_path of sockaddr_un, unix(7), less the closing zero. */
const LONGEST_SOCKET_PATH = 107;

/**
 * Answers queries for call records on a unix socket that only its owner can use (mode 0600): `GET /calls?limit=20&...`
 * and `GET /calls/ID`. Read-only. Throws where the path is too long or another process is serving there.
 */
export const serveRecords = async (options: {
  store: RecordReader;
  socketPath: string;
}): Promise<RecordServer> => {
  const { store, socketPath } = options;
  if (Buffer.byteLength(socketPath) > LONGEST_SOCKET_PATH) {
    throw new Error(
      `the socket path ${socketPath} is longer than ${LONGEST_SOCKET_PATH} bytes: choose a shorter --data folder`,
    );
  }
  await removeStale(socketPath);
  const server = createServer((request, response) => {
    void answer(store, request.url ?? '/', response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The bind happens inside `listen`: with this mask nobody else can connect, not even for a moment.
    const mask = process.umask(0o177);
    server.listen(socketPath, resolve);
    process.umask(mask);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
};

const answer = async (store: RecordReader, path: string, response: ServerResponse): Promise<void> => {
  try {
    const url = new URL(path, 'http://records');
    const id = /^\/calls\/(.+)$/.exec(url.pathname)?.[1];
    if (id !== undefined) {
      const record = await store.get(decodeURIComponent(id));
      reply(response, record ? 200 : 404, record ?? { code: 'not-found', message: 'no such call' });
    } else if (url.pathname === '/calls') {
      reply(response, 200, await store.list(filterFrom(url.searchParams)));
    } else {
      reply(response, 404, { code: 'not-found', message: 'use /calls or /calls/ID' });
    }
  } catch (error) {
    const [status, code] = error instanceof RecordStoreError ? [400, error.code] : [503, 'unreachable'];
    reply(response, status, { code, message: error instanceof Error ? error.message : String(error) });
  }
};

const reply = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const TEXT_MEMBERS = ['trunk', 'number', 'status', 'outcome', 'direction'] as const;

const filterFrom = (query: URLSearchParams): RecordFilter => {
  const filter: RecordFilter = {};
  for (const name of TEXT_MEMBERS) {
    const value = query.get(name);
    if (value !== null) filter[name] = value;
  }
  const limit = query.get('limit');
  if (limit !== null) filter.limit = Number(limit);
  const since = query.get('since');
  if (since !== null) filter.since = dateFrom(since);
  return filter;
};

const dateFrom = (value: string): Date => {
  const date = new Date(value);
  if (!Number.isNaN(date.getTime())) return date;
  throw new RecordStoreError('bad-filter', `since "${value}" is not a time: use ISO 8601`);
};

/** A process that was killed leaves its socket behind; one that answers is alive and keeps it. */
const removeStale = async (path: string): Promise<void> => {
  const alive = await new Promise<boolean>((resolve) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
  if (alive) throw new Error(`another process is serving ${path}: stop it, or use another --data folder`);
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
};
