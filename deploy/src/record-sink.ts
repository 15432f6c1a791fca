// SPDX-License-Identifier: Apache-2.0
import { openRecordStore, type CallRecord, type RecordStore } from '@trunkline/sip-proxy/records';
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Logger } from 'pino';

/** Where call records go. Throws where they cannot be taken now: the same come again. */
export interface RecordSink {
  insertMany(records: CallRecord[]): Promise<number>;
  close(): Promise<void>;
}

/**
 * PostgreSQL at the URL in `file`. The file is read anew, so that a database that moves, or whose password changes, needs no restart
 * of a pod with calls.
 */
export function databaseSink(file: string, log: Pick<Logger, 'warn'>): RecordSink {
  let open: { url: string; store: RecordStore } | undefined;
  const close = async (): Promise<void> => {
    const { store } = open ?? {};
    open = undefined;
    await store?.close();
  };
  return {
    insertMany: async (records) => {
      const url = readFileSync(file, 'utf8').trim();
      if (open?.url !== url) {
        await close();
        open = { url, store: await openRecordStore({ url, log }) };
      }
      return open.store.insertMany(records);
    },
    close,
  };
}

/** One line of JSON for each record: for what collects the logs of pods. */
export const lineSink = (out: Writable): RecordSink => ({
  insertMany: async (records) => {
    const text = records.map((record) => `${JSON.stringify({ event: 'call', ...record })}\n`).join('');
    await new Promise<void>((resolve, reject) => {
      out.write(text, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
    return records.length;
  },
  close: () => Promise.resolve(),
});
