// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import type { CallRecord } from '../records/call-record.ts';
import type { CallJournal, Ending } from './journal.ts';

/** Where a call's end is told; each exactly once. */
export interface ReportSinks {
  spool: { append(record: CallRecord): void };
  metrics: { callEnded(record: CallRecord): void };
  log: Pick<Logger, 'info' | 'error'>;
}

/** One record, one count, one log line. */
export const reportCall = (
  sinks: ReportSinks,
  journal: CallJournal,
  ending: Ending,
  media?: CallRecord['media'],
): void => {
  const record = journal.record(ending, media);
  sinks.spool.append(record);
  sinks.metrics.callEnded(record);
  const { sid, callId, direction, trunk, namespace, from, to, source, status, sipStatus, outcomeCode } =
    record;
  sinks.log.info(
    {
      sid,
      callId,
      direction,
      namespace,
      trunk,
      from,
      to,
      source: source.address,
      status,
      sipStatus,
      code: outcomeCode,
      attempts: record.attempts.length,
      seconds: record.durationSeconds,
    },
    'call',
  );
};
