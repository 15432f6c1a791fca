// SPDX-License-Identifier: Apache-2.0
import { checkFilter, MAX_LIMIT, type RecordFilter } from '@trunkline/sip-proxy/records';
import { parseWords, wholeNumber } from '../flags.ts';
import { UsageError } from '../usage-error.ts';

/** The flags of `trunkline calls`, understood. */
export interface CallsOptions {
  /** SID, beginning of one, or Call-ID; absent: the list. */
  id?: string;
  data: string;
  database?: string;
  filter: RecordFilter;
  json: boolean;
  ascii: boolean;
}

export const CALLS_USAGE = `trunkline calls [ID] [--data DIR | --database URL] [--limit N] [--since 1h|TIME] [--trunk NAME]
                [--number NUMBER] [--status STATUS] [--outcome CODE] [--direction termination|origination]
                [--json] [--ascii]`;

/** Where `trunkline up` keeps its data unless told otherwise. */
export const DEFAULT_DATA = '.trunkline';

const FLAGS = {
  data: { type: 'string', default: DEFAULT_DATA },
  database: { type: 'string' },
  limit: { type: 'string' },
  since: { type: 'string' },
  trunk: { type: 'string' },
  number: { type: 'string' },
  status: { type: 'string' },
  outcome: { type: 'string' },
  direction: { type: 'string' },
  json: { type: 'boolean', default: false },
  ascii: { type: 'boolean', default: false },
} as const;

/** Throws `UsageError` that names flag, value and remedy. */
export const parseCallsOptions = (argv: string[], now: number = Date.now()): CallsOptions => {
  const { values, positionals } = parseWords(argv, FLAGS);
  const [id, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`one call at a time: "${more.join(' ')}" is too much`);
  const { data, database, json, ascii, limit, since, ...texts } = values;
  return {
    data,
    json,
    ascii,
    ...(database === undefined ? {} : { database }),
    ...(id === undefined ? {} : { id }),
    filter: sound({
      ...texts,
      ...(limit === undefined ? {} : { limit: wholeNumber(limit, '--limit', [1, MAX_LIMIT]) }),
      ...(since === undefined ? {} : { since: parseSince(since, now) }),
    }),
  };
};

/** A wrong word is told before anything is opened. */
const sound = (filter: RecordFilter): RecordFilter => {
  try {
    checkFilter(filter);
  } catch (error) {
    throw new UsageError(`--${(error as Error).message}`);
  }
  return filter;
};

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `30m`, `1h`, `2d` ago, or a time in ISO 8601. */
export const parseSince = (text: string, now: number): Date => {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const at =
    amount === undefined ? Date.parse(text) : now - Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  const since = new Date(at);
  if (!Number.isNaN(since.getTime())) return since;
  throw new UsageError(`--since "${text}" is no time: use 90s, 30m, 1h, 2d or 2026-01-05T12:00:00Z`);
};
