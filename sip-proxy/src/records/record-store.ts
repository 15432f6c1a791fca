// SPDX-License-Identifier: Apache-2.0
import type { CallRecord } from './call-record.ts';
import type { Database } from './database.ts';
import { migrate } from './migrations.ts';
import { openPglite } from './pglite-database.ts';
import { openPostgres } from './postgres-database.ts';
import { getQuery, listQuery, type RecordFilter } from './record-filter.ts';
import { fromRow, rowsParameter, type CallRow } from './record-rows.ts';
import { RecordStoreError } from './record-store-error.ts';
import type { RecordsLog } from './records-log.ts';

/** What reads call records, whether the database is here or behind the socket. */
export interface RecordReader {
  /** Newest first. Throws `RecordStoreError` `bad-filter`. */
  list(filter: RecordFilter): Promise<CallRecord[]>;
  /**
   * By SID, by the beginning of a SID (4 hex digits and more, `CA` may be left out) or by SIP Call-ID; of several calls
   * with one Call-ID the newest. Throws `RecordStoreError` `ambiguous` where the beginning fits several calls.
   */
  get(id: string): Promise<CallRecord | undefined>;
  close(): Promise<void>;
}

export interface RecordStore extends RecordReader {
  /** One statement, all or nothing; a SID that is there already is left as it is. Gives the number of new rows. */
  insertMany(records: CallRecord[]): Promise<number>;
}

/** `dir`: PGlite in that folder. `url`: PostgreSQL. */
export type RecordStoreLocation = { dir: string } | { url: string; log?: Pick<RecordsLog, 'warn'> };

/** Opens and migrates. Throws `RecordStoreError`: `in-use`, `newer-schema`, `unreachable`, `bad-url`. */
export const openRecordStore = async (location: RecordStoreLocation): Promise<RecordStore> => {
  const database =
    'dir' in location ? await openPglite(location.dir) : openPostgres(location.url, location.log);
  try {
    await migrate(database);
  } catch (error) {
    await database.close().catch(() => undefined);
    throw describe(error);
  }
  return storeOn(database);
};

const describe = (error: unknown): unknown => {
  if (error instanceof RecordStoreError) return error;
  const cause = error instanceof Error && error.message !== '' ? error.message : String(error);
  return new RecordStoreError('unreachable', `the record database cannot be used: ${cause}`, {
    cause: error,
  });
};

const INSERT = `insert into calls select * from json_populate_recordset(null::calls, $1::json)
  on conflict (sid) do nothing returning 1`;

const storeOn = (database: Database): RecordStore => ({
  insertMany: async (records) => {
    if (records.length === 0) return 0;
    return (await database.query(INSERT, [rowsParameter(records)])).length;
  },
  list: async (filter) => {
    const { text, params } = listQuery(filter);
    return (await database.query<CallRow>(text, params)).map(fromRow);
  },
  get: async (id) => {
    const { text, params } = getQuery(id);
    return pick(id, (await database.query<CallRow>(text, params)).map(fromRow));
  },
  close: () => database.close(),
});

const pick = (id: string, found: CallRecord[]): CallRecord | undefined => {
  const exact = found.find((record) => record.sid === id || record.callId === id);
  if (exact ?? found.length < 2) return exact ?? found[0];
  throw new RecordStoreError(
    'ambiguous',
    `"${id}" fits several calls: ${found.map(({ sid }) => sid).join(', ')}; give more of it`,
  );
};
