// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { Database, Query } from './database.ts';
import { lockFolder } from './folder-lock.ts';

/** The embedded database in a folder, which is made where it is not there. Throws `RecordStoreError` `in-use`. */
export const openPglite = async (dir: string): Promise<Database> => {
  await mkdir(dirname(dir), { recursive: true });
  const unlock = lockFolder(dir);
  try {
    const pglite = await PGlite.create(dir);
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
