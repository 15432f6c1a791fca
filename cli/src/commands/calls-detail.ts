// SPDX-License-Identifier: Apache-2.0
import type { AttemptRecord, CallRecord } from '@trunkline/sip-proxy/records';
import { renderLadder, type LadderOptions } from '../ladder.ts';
import { printable } from '../ladder-text.ts';
import { trunkOf } from './calls-table.ts';

/** Everything about one call, for reading; ends with a line break. */
export const callDetail = (record: CallRecord, options: LadderOptions = {}): string => {
  const sections = [
    summary(record),
    section('Checks', trace(record)),
    section('Attempts', record.attempts.flatMap(attempt)),
    section('Media', media(record)),
    section('Warnings', record.warnings.map(printable)),
  ];
  const ladder = renderLadder(record, options);
  if (ladder !== '') sections.push(`Messages\n\n${ladder}`);
  return sections.filter((text) => text !== '').join('\n');
};

const section = (title: string, lines: string[]): string =>
  lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;

const summary = (record: CallRecord): string => {
  const { address, port, transport } = record.source;
  const facts: [string, string | undefined][] = [
    ['Call', record.sid],
    ['Call-ID', record.callId],
    ['Direction', record.direction],
    ['Trunk', trunkOf(record)],
    ['From', record.from],
    ['To', record.to],
    ['Source', `${address} port ${port} ${transport}, edge ${record.edge}`],
    ['Started', record.startedAt],
    ['Ringing', record.ringingAt],
    ['Answered', record.answeredAt],
    ['Ended', `${record.endedAt}${record.hungUpBy === undefined ? '' : `, by ${record.hungUpBy}`}`],
    ['Duration', `${record.durationSeconds} s`],
    ['Result', `${record.status}, SIP ${record.sipStatus}, ${record.outcomeCode}`],
  ];
  return facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(11)}${printable(value ?? '')}\n`)
    .join('');
};

const trace = (record: CallRecord): string[] => {
  const width = Math.max(0, ...record.trace.map(({ check }) => check.length));
  return record.trace.map(
    ({ check, result, detail }) => `${result.padEnd(4)}  ${check.padEnd(width)}  ${printable(detail)}`,
  );
};

const attempt = (tried: AttemptRecord, index: number): string[] => {
  const took = ((Date.parse(tried.endedAt) - Date.parse(tried.startedAt)) / 1000).toFixed(3);
  const result = tried.status === 0 ? (tried.error ?? 'no status') : `${tried.status} ${tried.reason}`;
  return [
    printable(`${index + 1}  ${tried.target}  ${result}  ${tried.outcome}  after ${took} s`),
    printable(`   ${tried.uri}`),
  ];
};

const media = ({ media: found }: CallRecord): string[] =>
  found === undefined
    ? []
    : [
        `node ${found.node}: ${found.packetsFromCaller} packets from the caller, ${found.packetsFromCallee} from the callee`,
      ];
