// SPDX-License-Identifier: Apache-2.0
import { watch, type FSWatcher } from 'node:fs';
import { mkdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { brokenRecords } from './broken-records.ts';
import type { CallRecord } from './call-record.ts';
import type { RecordStore } from './record-store.ts';
import { createLogLimiter, type RecordsLog } from './records-log.ts';
import { pickUpLeftovers, readyFiles } from './spool-files.ts';
import { parseSpoolLines } from './spool-lines.ts';
import { storeRecords } from './store-records.ts';

/** A watch can be lost (overflow, network file system): a look at the folder comes at least this often. */
const SWEEP_MS = 2_000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;
const LOG_INTERVAL_MS = 60_000;

export interface SpoolWriterOptions {
  spoolDir: string;
  store: Pick<RecordStore, 'insertMany'>;
  log: RecordsLog;
  /** First wait after a store error, in milliseconds; doubles up to 10 s. Default 200. */
  retryMs?: number;
}

export interface SpoolWriter {
  /** Finishes the file at hand; files that are left stay for the next start. */
  stop(): Promise<void>;
  /** Resolves when every file that is ready now has been stored or set aside. */
  idle(): Promise<void>;
  /** Files that were ready at the last look and are not stored yet. */
  readonly pending: number;
}

/** Moves spool files into the store, oldest first: one file, one statement, then the file is deleted. */
export const startSpoolWriter = (options: SpoolWriterOptions): SpoolWriter => {
  const { spoolDir, store, log, retryMs = FIRST_RETRY_MS } = options;
  const broken = brokenRecords(spoolDir, log);
  const limit = createLogLimiter(LOG_INTERVAL_MS);
  let stopped = false;
  let pending = 0;
  let failures = 0;
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let waiting: (() => void)[] = [];

  const storeFile = async (name: string) => {
    const text = await readText(name);
    if (text === undefined) return;
    const { records, broken: lines } = parseSpoolLines(text);
    const refused = await storeRecords(store, records);
    await broken.keepLines(name, [
      ...lines,
      ...refused.map(({ record, why }) => ({ line: lineOf(record), why })),
    ]);
    await unlink(join(spoolDir, name));
  };

  /** Undefined where there is nothing to store: the file is gone, or was set aside. */
  const readText = async (name: string): Promise<string | undefined> => {
    try {
      return await readFile(join(spoolDir, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') await broken.keepFile(name, error);
      return undefined;
    }
  };

  const sweep = async () => {
    await pickUpLeftovers(spoolDir);
    const files = await readyFiles(spoolDir);
    pending = files.length;
    for (const name of files) {
      if (stopped) return;
      await storeFile(name);
      pending -= 1;
    }
  };

  const recovered = () => {
    if (failures > 0) log.info({ spoolDir }, 'the record store takes records again');
    failures = 0;
  };

  const failed = (error: unknown) => {
    failures += 1;
    dropWatch();
    limit((heldBack) => {
      log.error(
        { err: error, spoolDir, pending, heldBack },
        'cannot store call records; they stay in the spool',
      );
    });
  };

  const nextWait = () =>
    failures === 0 ? SWEEP_MS : Math.min(retryMs * 2 ** (failures - 1), LONGEST_RETRY_MS);

  const work = async () => {
    try {
      const resolveNow = waiting;
      waiting = [];
      try {
        await prepare();
        await sweep();
      } catch (error) {
        waiting = [...resolveNow, ...waiting];
        throw error;
      }
      for (const resolve of resolveNow) resolve();
      recovered();
    } catch (error) {
      failed(error);
    }
  };

  const prepare = async () => {
    if (watcher) return;
    await mkdir(spoolDir, { recursive: true, mode: 0o700 });
    watcher = watch(spoolDir, { persistent: false }, (_event, name) => {
      // The `.open` files change all the time; only a complete one is news.
      if (name?.endsWith('.jsonl') !== false && failures === 0) wake();
    });
    watcher.on('error', dropWatch);
  };

  /** The next look makes folder and watch anew. */
  const dropWatch = () => {
    watcher?.close();
    watcher = undefined;
  };

  const wanted = (): boolean => again && !stopped;

  const loop = async () => {
    do {
      again = false;
      await work();
    } while (wanted());
    running = undefined;
    if (!stopped) timer = setTimeout(wake, nextWait());
  };

  function wake() {
    clearTimeout(timer);
    if (stopped) return;
    if (running) again = true;
    else running = loop();
  }

  wake();

  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      watcher?.close();
      await running;
      for (const resolve of waiting) resolve();
    },
    idle: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (stopped) resolve();
        else if (failures === 0) wake();
      }),
    get pending() {
      return pending;
    },
  };
};

const lineOf = (record: CallRecord): string => JSON.stringify(record);
