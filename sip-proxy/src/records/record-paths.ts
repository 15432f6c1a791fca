// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';

/** Where `trunkline up` keeps what belongs to call records, inside its `--data` folder. */
export interface RecordPaths {
  /** Spool directory: proxies write, the spool writer reads. */
  spool: string;
  /** Folder of the embedded database; only one process can have it open. */
  database: string;
  /** Unix socket on which the process that has the database open answers queries. */
  socket: string;
}

/** One place that knows the names, so that `up` and `calls` find each other. */
export const recordPaths = (dataDirectory: string): RecordPaths => ({
  spool: join(dataDirectory, 'spool'),
  database: join(dataDirectory, 'records'),
  socket: join(dataDirectory, 'records.sock'),
});
