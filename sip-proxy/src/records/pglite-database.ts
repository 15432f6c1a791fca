// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { Database, Query } from './database.ts';
import { lockFolder } from './folder-lock.ts';

/**
 * Settings of the embedded server, for a small machine: against its defaults 100 MB less memory, and 64 MB instead of 1 GB
 * of write-ahead log. One connection, which inserts at the end of a table and reads the newest rows, needs no more.
 */
const SETTINGS = ['shared_buffers = 16MB', 'min_wal_size = 32MB', 'max_wal_size = 64MB'];

/** The embedded database in a folder, which is made where it is not there. Throws `RecordStoreError` `in-use`. */
export const openPglite = async (dir: string): Promise<Database> => {
  await mkdir(dirname(dir), { recursive: true });
  const unlock = lockFolder(dir);
  try {
    const pglite = await PGlite.create(dir, { postgresqlconf: SETTINGS });
    return {
      query: queryOn(pglite),
      transaction: (work) => pglite.transaction((transaction) => work(queryOn(transaction))),
      close: async () => {
        await pglite.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
};

const queryOn =
  (on: Pick<PGlite, 'query'>): Query =>
  async <Row>(text: string, params: unknown[] = []) =>
    (await on.query<Row>(text, params)).rows;
