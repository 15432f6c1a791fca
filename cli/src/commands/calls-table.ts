// SPDX-License-Identifier: Apache-2.0
import type { CallRecord } from '@trunkline/sip-proxy/records';
import { printable, shorten } from '../ladder-text.ts';

const HEADINGS = [
  'TIME (UTC)',
  'CALL',
  'DIRECTION',
  'TRUNK',
  'FROM',
  'TO',
  'SECONDS',
  'STATUS',
  'SIP',
  'OUTCOME',
];

/** Enough of the SID to name the call in `trunkline calls ID`. */
const SHORT_SID = 12;
const LONGEST_CELL = 32;

/** One line a call, newest first; ends with a line break. */
export const callsTable = (records: CallRecord[]): string => {
  if (records.length === 0) return 'no calls\n';
  const rows = [HEADINGS, ...records.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
};

const cells = (record: CallRecord): string[] =>
  [
    record.startedAt.slice(0, 19).replace('T', ' '),
    record.sid.slice(0, SHORT_SID),
    record.direction ?? '-',
    trunkOf(record) ?? '-',
    record.from,
    record.to,
    String(record.durationSeconds),
    record.status,
    String(record.sipStatus),
    record.outcomeCode,
  ].map((cell) => shorten(printable(cell), LONGEST_CELL));

/** `namespace/name`, whichever way the record has it. */
export const trunkOf = ({ namespace, trunk }: CallRecord): string | undefined =>
  namespace === undefined || trunk === undefined || trunk.includes('/') ? trunk : `${namespace}/${trunk}`;
