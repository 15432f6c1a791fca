// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, SCHEMA_VERSION } from './migrations.ts';
import { openPglite } from './pglite-database.ts';
import { sampleRecord, sampleReject } from './record.fixture.ts';
import { openRecordStore, type RecordStore } from './record-store.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tl-store-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

/** PGlite takes a second to open: the read tests share one. */
describe('the record store in a folder', () => {
  let store: RecordStore;
  const records = [
    sampleRecord(1),
    sampleRecord(2, { direction: 'origination', from: '+442079460123', to: '+15550100', trunk: 'pbx' }),
    sampleRecord(3, {
      namespace: 'other',
      trunk: 'other/main',
      from: '+15550177',
      status: 'busy',
      sipStatus: 486,
    }),
    sampleReject(4),
    sampleRecord(5, { callId: 'call-1@192.0.2.1' }),
  ];
  const sids = async (filter: Parameters<RecordStore['list']>[0]) =>
    (await store.list(filter)).map(({ sid }) => Number.parseInt(sid.slice(2, 10), 16));

  beforeAll(async () => {
    store = await openRecordStore({ dir: join(scratch, 'records') });
    expect(await store.insertMany(records)).toBe(5);
  }, 60_000);
  afterAll(() => store.close());

  it('gives back exactly what was written, and leaves out what was absent', async () => {
    expect(await store.get(records[0]!.sid)).toStrictEqual(records[0]);
    expect(await store.get(records[3]!.sid)).toStrictEqual(records[3]);
  });

  it('writes a record once, however often it comes', async () => {
    const again = { ...sampleRecord(1), outcomeCode: 'changed' };
    expect(await store.insertMany([again, sampleRecord(6)])).toBe(1);
    expect((await store.get(again.sid))?.outcomeCode).toBe('answered');
    expect(await store.insertMany([])).toBe(0);
  });

  it.each([
    [{}, [6, 5, 4, 3, 2, 1]],
    [{ limit: 2 }, [6, 5]],
    [{ since: new Date('2026-01-05T12:00:05Z') }, [6, 5]],
    [{ trunk: 'main' }, [6, 5, 3, 1]],
    [{ trunk: 'acme/main' }, [6, 5, 1]],
    [{ trunk: 'acme/pbx' }, [2]],
    [{ trunk: `TK${'2'.repeat(32)}` }, [6, 5, 3, 2, 1]],
    [{ number: '+15550100' }, [6, 5, 4, 2, 1]],
    [{ number: '442079460123' }, [2]],
    [{ number: "'; drop table calls; --" }, []],
    [{ status: 'busy' }, [3]],
    [{ status: '404' }, [4]],
    [{ outcome: 'unknown-domain' }, [4]],
    [{ direction: 'origination' }, [2]],
    [{ direction: 'termination', number: '+15550177' }, [3]],
  ])('lists by %j', async (filter, expected) => {
    expect(await sids(filter)).toEqual(expected);
  });

  it.each([
    [{ limit: 0 }, /limit 0 is out of range: use 1 to 10000/],
    [{ limit: Number.NaN }, /limit NaN/],
    [{ status: 'lost' }, /status "lost" is not known: use completed, busy.*SIP status/],
    [{ direction: 'up' }, /direction "up" is not known/],
  ])('refuses the filter %j', async (filter, message) => {
    await expect(store.list(filter)).rejects.toThrow(message);
  });

  it('finds a call by the beginning of its SID, with and without CA, in either case', async () => {
    const wanted = sampleRecord(0xabcdef12, {
      startedAt: '2026-01-05T11:00:00.000Z',
      endedAt: '2026-01-05T11:00:00.000Z',
    });
    await store.insertMany([wanted]);
    for (const id of ['CAabcdef', 'abcd', 'abcde', 'ABCDEF12'])
      expect((await store.get(id))?.sid).toBe(wanted.sid);
    expect(await store.get('CAabce')).toBeUndefined();
    expect(await store.get('abc')).toBeUndefined();
  });

  it('says which calls a short id fits', async () => {
    await expect(store.get('0000')).rejects.toThrow(/"0000" fits several calls: CA0000.*, CA0000/);
  });

  it('finds the newest call of a Call-ID', async () => {
    expect((await store.get('call-1@192.0.2.1'))?.sid).toBe(records[4]!.sid);
    expect(await store.get('%')).toBeUndefined();
  });

  it('keeps a record with U+0000 in a header, and a backslash before it', async () => {
    const odd = sampleRecord(7, { warnings: ['a\u0000b', String.raw`c\u0000d`, 'e\\\u0000f'] });
    await store.insertMany([odd]);
    expect((await store.get(odd.sid))?.warnings).toEqual(['a\ufffdb', String.raw`c\u0000d`, 'e\\\ufffdf']);
  });

  it('is refused to a second opener', async () => {
    await expect(openRecordStore({ dir: join(scratch, 'records') })).rejects.toThrow(
      new RegExp(`is open in process ${process.pid}: one process at a time`),
    );
  });
});

describe('a folder from before', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  it('is opened with what is in it, after a crash that left the lock behind', async () => {
    const dir = join(scratch, 'crashed');
    const before = await openRecordStore({ dir });
    await before.insertMany([sampleRecord(1)]);
    await before.close();
    writeFileSync(`${dir}.lock`, `${process.pid} 1`);
    const after = await openRecordStore({ dir });
    open.push(after);
    expect(await after.list({})).toEqual([sampleRecord(1)]);
  }, 60_000);

  it('is migrated from where it stands, and refused where a later release has been', async () => {
    const database = await openPglite(join(scratch, 'migrated'));
    open.push(database);
    await migrate(database, ['create table calls (sid text)']);
    await migrate(database, [
      'never run again',
      'alter table calls add column call_id text; create index c on calls (call_id)',
    ]);
    expect(await database.query('select version from trunkline_schema order by version')).toEqual([
      { version: 1 },
      { version: 2 },
    ]);
    await expect(migrate(database, ['x'])).rejects.toThrow(
      /schema version 2, this release knows up to 1: use the newer release/,
    );
    // A migration that fails leaves nothing behind.
    await expect(
      migrate(database, ['x', 'x', 'create table half (a int); create tabel other']),
    ).rejects.toThrow();
    expect(await database.query("select 1 from pg_tables where tablename = 'half'")).toEqual([]);
  }, 60_000);
});

describe('openRecordStore', () => {
  it('refuses a URL that is not PostgreSQL, without repeating its password', async () => {
    const failure = await openRecordStore({ url: 'mysql://u:s3cret@127.0.0.1/x' }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'bad-url' });
    expect(String(failure)).not.toContain('s3cret');
  });

  it('says that a database does not answer', async () => {
    await expect(openRecordStore({ url: 'postgres://u:s3cret@127.0.0.1:1/x' })).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/cannot be used: .*ECONNREFUSED/),
    });
  });

  it('knows its schema version', () => {
    expect(SCHEMA_VERSION).toBe(1);
  });
});
