// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import type { CallRecord } from './call-record.ts';
import { createLogLimiter, type RecordsLog } from './records-log.ts';
import { openSpoolFile, type OpenSpoolHandle, type SpoolFile } from './spool-file.ts';
import { pickUpLeftovers, spoolFileName } from './spool-files.ts';

/** A file is complete after this many records, or this many milliseconds. */
const RECORDS_PER_FILE = 500;
const FILE_AGE_MS = 200;
/** Records of this many milliseconds share one write. */
const WRITE_DELAY_MS = 20;
const RETRY_MS = 500;
const LOG_INTERVAL_MS = 60_000;
const MAX_QUEUED = 10_000;

export interface SpoolOptions {
  dir: string;
  /** Name of this proxy, unique among the living; part of the file names. */
  instance: string;
  log: RecordsLog;
  /** Records kept in memory while the disk takes nothing; more are dropped, and counted. Default 10,000. */
  maxQueued?: number;
  /** Milliseconds between tries while the disk takes nothing. Default 500. */
  retryMs?: number;
  openHandle?: OpenSpoolHandle;
}

/** Buffered way of call records to disk. Nothing here throws into the call path. */
export interface Spool {
  append(record: CallRecord): void;
  /** Resolves when all that was appended is in complete files, or when the disk has refused it once. */
  flush(): Promise<void>;
  /** A last flush; says how many records are lost where the disk still takes nothing. */
  close(): Promise<void>;
  /** Records dropped since start because the disk took nothing and the queue was full. */
  readonly dropped: number;
  /** Records in memory that are not on disk yet. */
  readonly queued: number;
}

/** Starts at once: leftovers of a dead process with the same instance name become ready files. */
export const createSpool = (options: SpoolOptions): Spool => {
  const { dir, instance, log, maxQueued = MAX_QUEUED, retryMs = RETRY_MS } = options;
  const limit = createLogLimiter(LOG_INTERVAL_MS);
  const queue: string[] = [];
  let file: SpoolFile | undefined;
  let sequence = 0;
  let dropped = 0;
  let failing = true; // Until the folder is known to be there and swept.
  let started = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const makeReady = async () => {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const picked = await pickUpLeftovers(dir, instance);
    if (picked.length > 0)
      log.info({ files: picked.length, dir }, 'picked up record files of an ended process');
    if (started) log.info({ dir, queued: queue.length, dropped }, 'the record spool is writable again');
    started = true;
    failing = false;
  };

  const completeFile = async () => {
    const done = file;
    file = undefined;
    await done?.complete();
  };

  const writeQueued = async () => {
    while (queue.length > 0) {
      file ??= await openSpoolFile(dir, spoolFileName(new Date(), instance, ++sequence), options.openHandle);
      const batch = queue.slice(0, RECORDS_PER_FILE - file.lines);
      await file.append(batch);
      queue.splice(0, batch.length);
      if (file.lines >= RECORDS_PER_FILE) await completeFile();
    }
  };

  const onFailure = async (error: unknown) => {
    failing = true;
    started = true;
    await completeFile().catch(() => undefined);
    limit((heldBack) => {
      log.error(
        { err: error, dir, queued: queue.length, dropped, heldBack },
        'cannot write call records; keeping them in memory',
      );
    });
  };

  const step = async (complete: boolean) => {
    try {
      if (failing) await makeReady();
      await writeQueued();
      if (file && (complete || Date.now() - file.openedAt >= FILE_AGE_MS)) await completeFile();
    } catch (error) {
      await onFailure(error);
    }
    schedule();
  };

  const run = (complete: boolean): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    running = running.then(() => step(complete));
    return running;
  };

  const delay = (): number | undefined => {
    if (failing) return retryMs;
    if (queue.length > 0) return WRITE_DELAY_MS;
    return file ? Math.max(0, file.openedAt + FILE_AGE_MS - Date.now()) : undefined;
  };

  function schedule() {
    const wait = closed ? undefined : delay();
    if (wait === undefined || timer) return;
    timer = setTimeout(() => void run(false), wait);
    timer.unref();
  }

  void run(false);

  return {
    append: (record) => {
      if (closed || queue.length >= maxQueued) {
        dropped += 1;
        return;
      }
      queue.push(`${JSON.stringify(record)}\n`);
      // While the disk refuses, a retry is already scheduled; else the first record shortens a wait for the file's age.
      if (failing || queue.length > 1) return;
      clearTimeout(timer);
      timer = undefined;
      schedule();
    },
    flush: () => run(true),
    close: async () => {
      await run(true);
      closed = true;
      clearTimeout(timer);
      await running;
      if (queue.length > 0)
        log.error({ lost: queue.length, dropped, dir }, 'call records lost: the spool could not be written');
    },
    get dropped() {
      return dropped;
    },
    get queued() {
      return queue.length;
    },
  };
};
