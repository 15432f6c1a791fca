// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openPostgres } from './postgres-database.ts';
import { openRecordStore, type RecordStore } from './record-store.ts';
import { sampleRecord, sampleReject } from './record.fixture.ts';
import { startWireServer, type WireServer } from './wire-server.fixture.ts';

let server: WireServer;
let store: RecordStore;
const log = { warn: jest.fn() };

beforeAll(async () => {
  server = await startWireServer();
  store = await openRecordStore({ url: server.url, log });
}, 60_000);
afterAll(async () => {
  await store.close();
  await server.close();
});

describe('the record store in PostgreSQL', () => {
  it('gives back what was written, once', async () => {
    const records = [sampleRecord(1), sampleReject(2), sampleRecord(3)];
    expect(await store.insertMany(records)).toBe(3);
    expect(await store.insertMany([...records, sampleRecord(4)])).toBe(1);
    expect(await store.list({ limit: 3 })).toStrictEqual([sampleRecord(4), sampleRecord(3), sampleReject(2)]);
    expect(await store.get('CA00000003')).toStrictEqual(sampleRecord(3));
    expect(
      await store.list({ number: '15550100', trunk: 'acme/main', status: '200', since: new Date(0) }),
    ).toHaveLength(3);
  });

  it('goes on after the server has cut the connections', async () => {
    server.cut();
    while (log.warn.mock.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await store.insertMany([sampleRecord(5)])).toBe(1);
    expect(log.warn).toHaveBeenCalledWith(
      expect.objectContaining({ err: expect.any(Error) }),
      'a database connection broke',
    );
  });

  it('opens a database that is migrated already', async () => {
    const again = await openRecordStore({ url: server.url });
    expect(await again.get(sampleRecord(1).sid)).toStrictEqual(sampleRecord(1));
    await again.close();
  });

  it('rolls a transaction back that fails', async () => {
    const database = openPostgres(server.url);
    const failing = database.transaction(async (query) => {
      await query('create table half (a int)');
      throw new Error('in the middle');
    });
    await expect(failing).rejects.toThrow('in the middle');
    expect(await database.query("select 1 from pg_tables where tablename = 'half'")).toEqual([]);
    await database.close();
  });
});
