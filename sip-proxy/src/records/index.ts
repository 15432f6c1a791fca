// SPDX-License-Identifier: Apache-2.0
export type { AttemptRecord, CallRecord, LadderEntry } from './call-record.ts';
export { createSpool, type Spool, type SpoolOptions } from './spool.ts';
export { startSpoolWriter, type SpoolWriter, type SpoolWriterOptions } from './spool-writer.ts';
export {
  openRecordStore,
  type RecordReader,
  type RecordStore,
  type RecordStoreLocation,
} from './record-store.ts';
export { RecordStoreError, type RecordStoreErrorCode } from './record-store-error.ts';
export { checkFilter, DEFAULT_LIMIT, MAX_LIMIT, type RecordFilter } from './record-filter.ts';
export { recordPaths, type RecordPaths } from './record-paths.ts';
export { serveRecords, type RecordServer } from './record-server.ts';
export { openRecordSocket } from './record-socket.ts';
