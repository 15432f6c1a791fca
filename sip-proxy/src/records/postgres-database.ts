// SPDX-License-Identifier: Apache-2.0
import pg from 'pg';
import type { Database, Query } from './database.ts';
import { RecordStoreError } from './record-store-error.ts';
import type { RecordsLog } from './records-log.ts';

/** One connection inserts, the other answers queries. */
const MAX_CONNECTIONS = 2;
const CONNECT_TIMEOUT_MS = 5_000;
/** A server that went away without a word must not hold the spool for ever. */
const QUERY_TIMEOUT_MS = 30_000;

/** PostgreSQL by `postgres://` URL. Throws `RecordStoreError` `bad-url`; connects with the first statement. */
export const openPostgres = (url: string, log?: Pick<RecordsLog, 'warn'>): Database => {
  checkUrl(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    application_name: 'trunkline',
  });
  // Without a listener an idle connection that breaks ends the process; the pool itself replaces it.
  pool.on('error', (error) => log?.warn({ err: error }, 'a database connection broke'));
  return {
    query: queryOn(pool),
    transaction: async (work) => {
      const client = await pool.connect();
      let failure: unknown;
      try {
        await client.query('begin');
        await work(queryOn(client));
        await client.query('commit');
      } catch (error) {
        failure = error;
        await client.query('rollback').catch(() => undefined);
        throw error;
      } finally {
        // After a failure the connection may be in any state: it is closed, not reused.
        client.release(failure !== undefined);
      }
    },
    close: () => pool.end(),
  };
};

const queryOn =
  (on: Pick<pg.PoolClient, 'query'>): Query =>
  async <Row>(text: string, params: unknown[] = []) =>
    (await on.query(text, params)).rows as Row[];

/** The URL may hold a password: it is never part of a message. */
const checkUrl = (url: string): void => {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'postgres:' || protocol === 'postgresql:') return;
  throw new RecordStoreError(
    'bad-url',
    'the database URL must look like postgres://user:password@host:5432/name',
  );
};
