// SPDX-License-Identifier: Apache-2.0
import { openRecordStore, recordPaths, serveRecords, startSpoolWriter } from '@trunkline/sip-proxy/records';
import { CommandError } from '../usage-error.ts';
import type { Console } from './console-log.ts';

/** Moves spooled call records into the database, and answers `trunkline calls` meanwhile. */
export interface CallRecords {
  /** Spool files that wait. */
  readonly pending: number;
  /** Stores what is complete, at most this many milliseconds; the rest stays for the next start. */
  close(flushMs: number): Promise<void>;
}

/** Throws `CommandError` where the database cannot be opened. */
export async function openCallRecords(
  data: string,
  database: string | undefined,
  console: Console,
): Promise<CallRecords> {
  const paths = recordPaths(data);
  const log = recordsLog(console);
  try {
    const store = await openRecordStore(
      database === undefined ? { dir: paths.database } : { url: database, log },
    );
    const server = await serveRecords({ store, socketPath: paths.socket });
    const writer = startSpoolWriter({ spoolDir: paths.spool, store, log });
    return {
      get pending() {
        return writer.pending;
      },
      close: async (flushMs) => {
        await withinTime(writer.idle(), flushMs);
        await writer.stop();
        await server.close();
        await store.close();
      },
    };
  } catch (error) {
    throw new CommandError(`call records: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function recordsLog(console: Console) {
  const write =
    (level: number) =>
    (first: unknown, message?: string): void => {
      const members = typeof first === 'object' ? { ...first } : {};
      const { err, ...rest } = members as { err?: unknown };
      const cause = err instanceof Error ? { err: err.message } : {};
      console.log('records', JSON.stringify({ level, msg: message ?? String(first), ...rest, ...cause }));
    };
  return { info: write(30), warn: write(40), error: write(50) };
}

async function withinTime(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
