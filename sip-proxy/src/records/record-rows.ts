// SPDX-License-Identifier: Apache-2.0
import type { CallRecord } from './call-record.ts';

/** A record as the table `calls` has it: typed columns for what people ask for, JSON for the rest. */
export interface CallRow {
  sid: string;
  call_id: string;
  edge: string;
  direction: string | null;
  account_sid: string | null;
  namespace: string | null;
  trunk_sid: string | null;
  trunk: string | null;
  from_number: string;
  to_number: string;
  source: CallRecord['source'];
  started_at: string | Date;
  ringing_at: string | Date | null;
  answered_at: string | Date | null;
  ended_at: string | Date;
  duration: number;
  status: string;
  sip_status: number;
  outcome_code: string;
  hung_up_by: string | null;
  trace: CallRecord['trace'];
  attempts: CallRecord['attempts'];
  ladder: CallRecord['ladder'];
  media: CallRecord['media'] | null;
  warnings: string[];
}

export const toRow = (record: CallRecord): CallRow => ({
  sid: record.sid,
  call_id: record.callId,
  edge: record.edge,
  direction: record.direction ?? null,
  account_sid: record.accountSid ?? null,
  namespace: record.namespace ?? null,
  trunk_sid: record.trunkSid ?? null,
  trunk: record.trunk ?? null,
  from_number: record.from,
  to_number: record.to,
  source: record.source,
  started_at: record.startedAt,
  ringing_at: record.ringingAt ?? null,
  answered_at: record.answeredAt ?? null,
  ended_at: record.endedAt,
  duration: record.durationSeconds,
  status: record.status,
  sip_status: record.sipStatus,
  outcome_code: record.outcomeCode,
  hung_up_by: record.hungUpBy ?? null,
  trace: record.trace,
  attempts: record.attempts,
  ladder: record.ladder,
  media: record.media ?? null,
  warnings: record.warnings,
});

const iso = (value: string | Date): string => new Date(value).toISOString();

/** Only what is there: optional members stay absent, as the proxy wrote them. */
const present = <Name extends string, Value>(
  name: Name,
  value: Value | null,
): Partial<Record<Name, Value>> =>
  value === null ? {} : ({ [name]: value } as Partial<Record<Name, Value>>);

const times = (row: CallRow) => ({
  startedAt: iso(row.started_at),
  ...present('ringingAt', row.ringing_at === null ? null : iso(row.ringing_at)),
  ...present('answeredAt', row.answered_at === null ? null : iso(row.answered_at)),
  endedAt: iso(row.ended_at),
});

const owner = (row: CallRow) => ({
  ...present('direction', row.direction),
  ...present('accountSid', row.account_sid),
  ...present('namespace', row.namespace),
  ...present('trunkSid', row.trunk_sid),
  ...present('trunk', row.trunk),
});

export const fromRow = (row: CallRow): CallRecord =>
  ({
    sid: row.sid,
    callId: row.call_id,
    edge: row.edge,
    ...owner(row),
    from: row.from_number,
    to: row.to_number,
    source: row.source,
    ...times(row),
    durationSeconds: row.duration,
    status: row.status,
    sipStatus: row.sip_status,
    outcomeCode: row.outcome_code,
    ...present('hungUpBy', row.hung_up_by),
    trace: row.trace,
    attempts: row.attempts,
    ladder: row.ladder,
    ...present('media', row.media ?? null),
    warnings: row.warnings,
  }) as CallRecord;

/**
 * Rows as one JSON parameter. PostgreSQL's jsonb has no place for U+0000, and a SIP header of a stranger may hold one:
 * it becomes U+FFFD. The look-behind leaves an escaped backslash before `u0000` alone.
 */
export const rowsParameter = (records: CallRecord[]): string => {
  const text = JSON.stringify(records.map(toRow));
  return text.includes('\\u0000') ? text.replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, '$1\\ufffd') : text;
};
