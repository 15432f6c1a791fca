// SPDX-License-Identifier: Apache-2.0
import { putLast } from '../bounded-map.ts';
import type { FailuresView } from '../context.ts';

/** How often a password may be wrong, and what comes of more. */
export interface FailureLimits {
  /** Wrong answers of one source for one user, within the window. */
  perUser: number;
  /** Wrong answers of one source for whatever users, within the window. */
  perSource: number;
  /** The window begins with the first wrong answer; when it ends, the source may try again. */
  windowMs: number;
  /** Counters remembered; the one begun longest ago goes first. */
  maxCounters: number;
}

export const DEFAULT_FAILURE_LIMITS: FailureLimits = {
  perUser: 10,
  perSource: 100,
  windowMs: 60_000,
  maxCounters: 20_000,
};

/** The longest user name that a CredentialList may hold, and one more: longer ones are one user, whom nobody is. */
const MAX_USERNAME = 33;

interface Counter {
  failures: number;
  until: number;
}

/**
 * Wrong digest answers by source, and by source and user. Only answers to nonces of our own count: those went to the source, so
 * nobody can lock somebody else out by a forged address.
 */
export class FailureLedger {
  readonly #limits: FailureLimits;
  readonly #counters = new Map<string, Counter>();

  constructor(limits: FailureLimits = DEFAULT_FAILURE_LIMITS) {
    this.#limits = limits;
  }

  view(now: number): FailuresView {
    const { perUser, perSource } = this.#limits;
    return {
      blocks: (source, user) =>
        this.#failures(source, now) >= perSource || this.#failures(userKey(source, user), now) >= perUser,
    };
  }

  add({ source, user }: { source: string; user: string }, now: number): void {
    this.#count(source, now);
    this.#count(userKey(source, user), now);
  }

  /** Counters remembered now. */
  get size(): number {
    return this.#counters.size;
  }

  #failures(key: string, now: number): number {
    return this.#running(key, now)?.failures ?? 0;
  }

  /** A window that ends further ahead than any can is from before the clock was set back. */
  #running(key: string, now: number): Counter | undefined {
    const counter = this.#counters.get(key);
    const runs = counter !== undefined && now < counter.until && counter.until <= now + this.#limits.windowMs;
    return runs ? counter : undefined;
  }

  #count(key: string, now: number): void {
    const { windowMs, maxCounters } = this.#limits;
    const counter = this.#running(key, now);
    if (counter) counter.failures += 1;
    else putLast(this.#counters, [key, { failures: 1, until: now + windowMs }], maxCounters);
  }
}

function userKey(source: string, user: string): string {
  return `${source}\n${user.slice(0, MAX_USERNAME)}`;
}
