// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordFilter } from './record-filter.ts';
import { sampleRecord } from './record.fixture.ts';
import { serveRecords } from './record-server.ts';
import { openRecordSocket } from './record-socket.ts';
import { RecordStoreError } from './record-store-error.ts';

let dir: string;
let path: string;
let close: (() => Promise<void>)[];
let asked: unknown[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tl-sock-'));
  path = join(dir, 'records.sock');
  close = [];
  asked = [];
});
afterEach(async () => {
  for (const one of close) await one();
  rmSync(dir, { recursive: true });
});

const reader = {
  list: (filter: RecordFilter) => {
    asked.push(filter);
    return Promise.resolve([sampleRecord(1)]);
  },
  get: (id: string) => {
    asked.push(id);
    if (id === 'twice') return Promise.reject(new RecordStoreError('ambiguous', 'fits several'));
    if (id === 'down') return Promise.reject(new Error('database is down'));
    return Promise.resolve(id === 'a/b@c d' ? sampleRecord(2) : undefined);
  },
  close: () => Promise.resolve(),
};
const serve = async () => {
  const server = await serveRecords({ store: reader, socketPath: path });
  close.push(() => server.close());
  return server;
};

describe('records over the socket', () => {
  it('carries every filter and the records', async () => {
    await serve();
    const socket = (await openRecordSocket(path))!;
    const filter = {
      limit: 7,
      since: new Date(5),
      trunk: 't/x',
      number: '+15550100',
      status: '404',
      outcome: 'o',
      direction: 'd',
    };
    expect(await socket.list(filter)).toEqual([sampleRecord(1)]);
    expect(asked.at(-1)).toEqual(filter);
    expect(await socket.get('a/b@c d')).toEqual(sampleRecord(2));
    expect(await socket.get('nothing')).toBeUndefined();
  });

  it('is only for its owner', async () => {
    await serve();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('carries errors with code and text', async () => {
    await serve();
    const socket = (await openRecordSocket(path))!;
    await expect(socket.get('twice')).rejects.toMatchObject({ code: 'ambiguous', message: 'fits several' });
    await expect(socket.get('down')).rejects.toMatchObject({
      code: 'unreachable',
      message: 'database is down',
    });
    const bad = socket.list({ since: 'x' as unknown as Date });
    await expect(bad).rejects.toThrow();
  });

  it('is undefined where nobody serves, also where a dead process left its socket', async () => {
    expect(await openRecordSocket(path)).toBeUndefined();
    writeFileSync(path, '');
    expect(await openRecordSocket(path)).toBeUndefined();
  });

  it('says so where something else answers', async () => {
    const other = createServer((_request, response) => response.end('hi'));
    await new Promise<void>((resolve) => other.listen(path, resolve));
    close.push(
      () =>
        new Promise((resolve) =>
          other.close(() => {
            resolve();
          }),
        ),
    );
    await expect(openRecordSocket(path)).rejects.toThrow(/not JSON/);
    await expect(serve()).rejects.toThrow(/another process is serving/);
  });

  it('takes the place of a dead process and removes its socket at the end', async () => {
    writeFileSync(path, '');
    const server = await serve();
    expect(await openRecordSocket(path)).toBeDefined();
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  it('refuses a path that no socket can have', async () => {
    const socketPath = join(dir, 'x'.repeat(120));
    await expect(serveRecords({ store: reader, socketPath })).rejects.toThrow(
      /longer than 107 bytes: choose a shorter --data/,
    );
  });
});
