// SPDX-License-Identifier: Apache-2.0
import type { TargetReport } from '@trunkline/crds';
import type { AttemptResult } from '../call/attempt.ts';
import type { Attempt, Decision } from '../policy/decision.ts';
import { deadLast } from './dead-last.ts';
import { addressOfUri } from './target-address.ts';
import { afterEvidence, type Evidence, type TargetState } from './target-state.ts';

/** What calls and health owe each other. */
export interface CallHealth {
  /** The decision with what is known of its targets: those that do not answer come last. */
  apply(decision: Decision): Decision;
  /** How one INVITE went. */
  tried(attempt: Attempt, result: AttemptResult): void;
}

export interface TargetHealthOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  /** A target has gone down or come back; `first`: it is heard of for the first time. */
  onChange?: (address: string, state: Readonly<TargetState>, first: boolean) => void;
}

/** As long as the status of a resource takes it. */
const MAX_ERROR = 256;

/** What this proxy knows of the places that it sends calls to, by `targetAddress`. */
export class TargetHealth implements CallHealth {
  readonly #states = new Map<string, TargetState>();
  readonly #now: () => number;
  readonly #onChange: NonNullable<TargetHealthOptions['onChange']>;

  constructor({ now = Date.now, onChange = () => undefined }: TargetHealthOptions = {}) {
    this.#now = now;
    this.#onChange = onChange;
  }

  /** Addresses and their states, those that no longer matter among them until the next `keep`. */
  get states(): ReadonlyMap<string, Readonly<TargetState>> {
    return this.#states;
  }

  /** For people and for the operator, in order of the addresses. */
  readonly report = (): TargetReport[] =>
    [...this.#states]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([address, { healthy, since, lastError }]) => ({
        address,
        healthy,
        since: new Date(since).toISOString(),
        ...(lastError !== undefined && { lastError: lastError.slice(0, MAX_ERROR) }),
      }));

  heard(address: string, evidence: Evidence): void {
    const before = this.#states.get(address);
    const after = afterEvidence(before, evidence, this.#now());
    this.#states.set(address, after);
    if (before?.healthy !== after.healthy) this.#onChange(address, after, before === undefined);
  }

  /** Forgets targets that nothing leads to any more. */
  keep(addresses: ReadonlySet<string>): void {
    for (const address of this.#states.keys()) if (!addresses.has(address)) this.#states.delete(address);
  }

  apply(decision: Decision): Decision {
    if (decision.outcome !== 'route') return decision;
    const { plan, note } = deadLast(decision.plan, (address) => this.#states.get(address));
    return note ? { ...decision, plan, trace: [...decision.trace, note] } : decision;
  }

  tried({ requestUri, transport }: Attempt, result: AttemptResult): void {
    const evidence = evidenceOf(result);
    if (evidence) this.heard(addressOfUri(requestUri, transport), evidence);
  }
}

/** Any answer is a sign of life, a refusal too. A call that was given up says nothing: the engine may have made its end up. */
const evidenceOf = (result: AttemptResult): Evidence | undefined => {
  switch (result.kind) {
    case 'answered':
    case 'delayed-offer':
    case 'refused':
      return { source: 'call', result: 'answer' };
    case 'cancelled':
      return undefined;
    case 'unreachable':
      return result.inconclusive ? undefined : { source: 'call', result: 'failure', error: result.error };
  }
};
