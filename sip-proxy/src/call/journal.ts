// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Attempt, DialPlan, Direction, RequestFacts, TraceStep } from '../policy/decision.ts';
import type { AttemptRecord, CallRecord, LadderEntry } from '../records/call-record.ts';

/** How a call ended. */
export interface Ending {
  /** Final status to the caller; 0 where none was sent. */
  status: number;
  /** Reject code, `answered`, or how it ended early. */
  code: string;
  hungUpBy?: 'caller' | 'callee' | 'trunkline';
}

/** One try while it runs; times in milliseconds since the epoch. */
export interface AttemptEntry {
  attempt: Attempt;
  peer: string;
  startedAt: number;
  endedAt?: number;
  status: number;
  reason: string;
  outcome?: AttemptRecord['outcome'];
  error?: string;
}

/** What a decision says about whose call this is. */
export interface Ownership {
  direction?: Direction;
  trunk?: { sid: string; name: string };
  account?: { sid: string; namespace: string };
  trace: TraceStep[];
}

/** Text from outside is kept, but not without bound. */
const MAX_TEXT = 256;

const iso = (at: number): string => new Date(at).toISOString();
const user = (header: string): string =>
  (/<?sips?:([^@>;]+)@/.exec(header)?.[1] ?? header).slice(0, MAX_TEXT);

/** Collects the facts of one call as they happen, cheaply; they become text only in the record. */
export class CallJournal {
  /** `CA` + 32 hex; also our call id towards the media nodes. */
  readonly sid = `CA${randomUUID().replaceAll('-', '')}`;
  readonly startedAt = Date.now();
  readonly attempts: AttemptEntry[] = [];
  readonly warnings: string[] = [];
  readonly #edge: string;
  readonly #facts: RequestFacts;
  readonly #ladder: { at: number; peer: string; direction: 'in' | 'out'; summary: string }[] = [];
  #owner: Ownership = { trace: [] };
  #plan: DialPlan | undefined;
  ringingAt: number | undefined;
  answeredAt: number | undefined;
  endedAt: number | undefined;

  constructor(edge: string, facts: RequestFacts) {
    this.#edge = edge;
    this.#facts = facts;
    this.note('caller', 'in', `${facts.method} ${facts.requestUri}`);
  }

  /** A message that the proxy saw or sent. */
  note(peer: string, direction: 'in' | 'out', summary: string): void {
    this.#ladder.push({ at: Date.now(), peer, direction, summary });
  }

  decided(owner: Ownership, plan?: DialPlan): void {
    this.#owner = owner;
    this.#plan = plan;
    for (const step of owner.trace) if (step.result === 'warn') this.warnings.push(step.detail);
  }

  get direction(): Direction | undefined {
    return this.#owner.direction;
  }

  attemptStarted(attempt: Attempt): AttemptEntry {
    const entry = {
      attempt,
      peer: `callee${this.attempts.length + 1}`,
      startedAt: Date.now(),
      status: 0,
      reason: '',
    };
    this.attempts.push(entry);
    this.note(entry.peer, 'out', `INVITE ${attempt.requestUri}`);
    return entry;
  }

  /** Whole seconds of talk so far. */
  get durationSeconds(): number {
    if (this.answeredAt === undefined) return 0;
    return Math.round(((this.endedAt ?? Date.now()) - this.answeredAt) / 1000);
  }

  record(ending: Ending, media?: CallRecord['media']): CallRecord {
    return {
      sid: this.sid,
      callId: this.#facts.callId.slice(0, MAX_TEXT),
      edge: this.#edge,
      ...ownerFields(this.#owner),
      from: this.#plan?.callerId ?? user(this.#facts.from),
      to: this.#plan?.calledNumber ?? user(this.#facts.requestUri),
      source: this.#facts.source,
      startedAt: iso(this.startedAt),
      ...timeField('ringingAt', this.ringingAt),
      ...timeField('answeredAt', this.answeredAt),
      endedAt: iso(this.endedAt ?? Date.now()),
      durationSeconds: this.durationSeconds,
      status: this.answeredAt === undefined ? failureWord(ending) : 'completed',
      sipStatus: ending.status,
      outcomeCode: ending.code,
      ...(ending.hungUpBy && { hungUpBy: ending.hungUpBy }),
      trace: this.#owner.trace,
      attempts: this.attempts.map(attemptRecord),
      ladder: this.#ladder.map((entry): LadderEntry => ({ ...entry, at: iso(entry.at) })),
      ...(media && { media }),
      warnings: this.warnings,
    };
  }
}

const timeField = <K extends string>(name: K, at: number | undefined): Partial<Record<K, string>> =>
  at === undefined ? {} : ({ [name]: iso(at) } as Record<K, string>);

const ownerFields = ({ trunk, account, direction }: Ownership) => ({
  ...(direction && { direction }),
  ...(account && { accountSid: account.sid, namespace: account.namespace }),
  ...(trunk && { trunkSid: trunk.sid, trunk: trunk.name }),
});

const attemptRecord = (entry: AttemptEntry): AttemptRecord => ({
  target: entry.attempt.target,
  sid: entry.attempt.sid,
  uri: entry.attempt.requestUri,
  startedAt: iso(entry.startedAt),
  endedAt: iso(entry.endedAt ?? Date.now()),
  status: entry.status,
  reason: entry.reason,
  outcome: entry.outcome ?? 'cancelled',
  ...(entry.error !== undefined && { error: entry.error }),
});

const failureWord = ({ status, code }: Ending): CallRecord['status'] => {
  if (code === 'caller-cancelled') return 'canceled';
  if (status === 486 || status === 600) return 'busy';
  return status === 408 || status === 480 || status === 487 ? 'no-answer' : 'failed';
};
