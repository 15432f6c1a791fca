// SPDX-License-Identifier: Apache-2.0
import type { CallRecord } from './call-record.ts';

/** A line that is no record, and why. */
export interface BrokenLine {
  line: string;
  why: string;
}

export interface ParsedLines {
  records: CallRecord[];
  broken: BrokenLine[];
}

/** A spool file's text: good lines and broken ones apart, so that one torn line costs one record and not a file. */
export const parseSpoolLines = (text: string): ParsedLines => {
  const parsed: ParsedLines = { records: [], broken: [] };
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    try {
      const record = JSON.parse(line) as CallRecord;
      const why = whyUnusable(record);
      if (why === undefined) parsed.records.push(record);
      else parsed.broken.push({ line, why });
    } catch (error) {
      parsed.broken.push({ line, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return parsed;
};

const TEXTS = ['callId', 'edge', 'from', 'to', 'status', 'outcomeCode'] as const;
const TIMES = ['startedAt', 'endedAt'] as const;
const NUMBERS = ['durationSeconds', 'sipStatus'] as const;
const LISTS = ['trace', 'attempts', 'ladder', 'warnings'] as const;

/** The members that the table demands; undefined where all are there. */
const whyUnusable = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null) return 'not an object';
  const record = value as Record<string, unknown>;
  if (!/^CA[0-9a-f]{32}$/.test(String(record.sid))) return 'sid is not CA and 32 hex digits';
  const wrong = wrongMember(record);
  return wrong === undefined ? undefined : `${wrong} is missing or of the wrong type`;
};

const wrongMember = (record: Record<string, unknown>): string | undefined =>
  TEXTS.find((name) => typeof record[name] !== 'string') ??
  TIMES.find((name) => Number.isNaN(Date.parse(String(record[name])))) ??
  NUMBERS.find((name) => !Number.isInteger(record[name])) ??
  LISTS.find((name) => !Array.isArray(record[name])) ??
  (typeof record.source === 'object' && record.source !== null ? undefined : 'source');
