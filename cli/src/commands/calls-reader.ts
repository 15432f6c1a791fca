// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import {
  openRecordSocket,
  openRecordStore,
  recordPaths,
  RecordStoreError,
  startSpoolWriter,
  type RecordPaths,
  type RecordReader,
} from '@trunkline/sip-proxy/records';

/** `trunkline up` takes the database a moment before it serves the socket. */
const STARTING_MS = 3_000;
const LOOK_EVERY_MS = 100;

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Records from where they are: PostgreSQL; the `trunkline up` that runs on this data folder; else the folder itself.
 * Throws an Error that says what to do.
 */
export const openCallsReader = async (where: { data: string; database?: string }): Promise<RecordReader> => {
  if (where.database !== undefined) return openRecordStore({ url: where.database });
  const paths = recordPaths(where.data);
  const served = await openRecordSocket(paths.socket);
  if (served) return served;
  if (!existsSync(paths.database)) {
    throw new Error(
      `no call records in ${where.data}: give --data as you gave it to \`trunkline up\`, or --database`,
    );
  }
  try {
    return await openFolder(paths);
  } catch (error) {
    if (!(error instanceof RecordStoreError) || error.code !== 'in-use') throw error;
    return waitForSocket(paths.socket, error);
  }
};

/** With what an ended `trunkline up` had not stored yet. */
const openFolder = async (paths: RecordPaths): Promise<RecordReader> => {
  const store = await openRecordStore({ dir: paths.database });
  if (existsSync(paths.spool)) {
    const writer = startSpoolWriter({ spoolDir: paths.spool, store, log: quiet });
    await Promise.race([writer.idle(), wait(STARTING_MS, undefined, { ref: false })]);
    await writer.stop();
  }
  return store;
};

const waitForSocket = async (socket: string, inUse: RecordStoreError): Promise<RecordReader> => {
  const deadline = Date.now() + STARTING_MS;
  while (Date.now() < deadline) {
    const served = await openRecordSocket(socket);
    if (served) return served;
    await wait(LOOK_EVERY_MS);
  }
  throw inUse;
};
