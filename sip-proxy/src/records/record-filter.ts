// SPDX-License-Identifier: Apache-2.0
import { RecordStoreError } from './record-store-error.ts';

/** What `list` can be narrowed by; every member that is there must match. */
export interface RecordFilter {
  /** Newest calls first, at most this many: 1 to 10,000, default 20. */
  limit?: number;
  /** Calls that started at this time or later. */
  since?: Date;
  /** Trunk name, `namespace/name`, or `TK` SID. */
  trunk?: string;
  /** Caller or called number, with or without the plus. */
  number?: string;
  /** `completed`, `busy`, `failed`, `no-answer`, `canceled`; or a SIP status: `403`. */
  status?: string;
  /** Outcome code: `answered`, or a reject code. */
  outcome?: string;
  direction?: string;
}

export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 10_000;

const STATUSES = ['completed', 'busy', 'failed', 'no-answer', 'canceled'];
const DIRECTIONS = ['termination', 'origination'];

interface SqlQuery {
  text: string;
  params: unknown[];
}

/** Placeholders are numbered as values are added, so that a value can never become SQL. */
class Conditions {
  readonly params: unknown[] = [];
  readonly #clauses: string[] = [];

  /** `$` in the clause stands for the value, wherever it appears. */
  add(clause: string, value: unknown): void {
    this.params.push(value);
    this.#clauses.push(clause.replaceAll('$', `$${this.params.length}`));
  }

  where(): string {
    return this.#clauses.length > 0 ? ` where ${this.#clauses.join(' and ')}` : '';
  }
}

const addTrunk = (conditions: Conditions, trunk: string): void => {
  const [namespace, name] = trunk.split('/', 2);
  if (name === undefined) {
    conditions.add("(trunk = $ or trunk_sid = $ or split_part(trunk, '/', 2) = $)", trunk);
    return;
  }
  // The record's trunk is `name` or `namespace/name`.
  conditions.add('namespace = $', namespace);
  conditions.add("(trunk = $ or trunk = namespace || '/' || $)", name);
};

const addNumber = (conditions: Conditions, number: string): void => {
  const forms = /^\d+$/.test(number) ? [number, `+${number}`] : [number];
  conditions.add('(from_number = any($::text[]) or to_number = any($::text[]))', forms);
};

const addStatus = (conditions: Conditions, status: string): void => {
  if (/^\d{3}$/.test(status)) {
    conditions.add('sip_status = $', Number(status));
    return;
  }
  requireOneOf('status', status, STATUSES, ' or a SIP status such as 403');
  conditions.add('status = $', status);
};

const requireOneOf = (name: string, value: string, known: string[], also = ''): void => {
  if (known.includes(value)) return;
  throw new RecordStoreError('bad-filter', `${name} "${value}" is not known: use ${known.join(', ')}${also}`);
};

const checkedLimit = (limit: number = DEFAULT_LIMIT): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new RecordStoreError('bad-filter', `limit ${limit} is out of range: use 1 to ${MAX_LIMIT}`);
};

/** The statement of `list`. Throws `RecordStoreError` `bad-filter`. */
export const listQuery = (filter: RecordFilter): SqlQuery => {
  const conditions = new Conditions();
  if (filter.since) conditions.add('started_at >= $::timestamptz', filter.since.toISOString());
  if (filter.trunk !== undefined) addTrunk(conditions, filter.trunk);
  if (filter.number !== undefined) addNumber(conditions, filter.number);
  if (filter.status !== undefined) addStatus(conditions, filter.status);
  if (filter.outcome !== undefined) conditions.add('outcome_code = $', filter.outcome);
  if (filter.direction !== undefined) {
    requireOneOf('direction', filter.direction, DIRECTIONS);
    conditions.add('direction = $', filter.direction);
  }
  const limit = checkedLimit(filter.limit);
  return {
    text: `select * from calls${conditions.where()} order by started_at desc, sid limit ${limit}`,
    params: conditions.params,
  };
};

/** Throws `RecordStoreError` `bad-filter`, whose message begins with the member that is wrong. */
export const checkFilter = (filter: RecordFilter): void => {
  listQuery(filter);
};

/** The statement of `get`: a whole SID, the beginning of one (with or without `CA`, 4 digits and more), or a Call-ID. */
export const getQuery = (id: string): SqlQuery => {
  const hex = /^(?:CA)?([0-9a-f]{4,32})$/i.exec(id)?.[1]?.toLowerCase();
  const prefix = hex === undefined ? null : `CA${hex}`;
  // Column sid has collation "C", so that the range is the prefix and the primary key serves it; `g` follows `f`.
  return {
    text: 'select * from calls where (sid >= $2 and sid < $3) or call_id = $1 order by started_at desc, sid limit 5',
    params: [id, prefix, prefix === null ? null : `${prefix}g`],
  };
};
