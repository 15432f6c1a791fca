// SPDX-License-Identifier: Apache-2.0
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

  /** A window that ends further ahead than any can is from before the clock was set back. */
  #failures(key: string, now: number): number {
    const counter = this.#counters.get(key);
    if (counter === undefined || now >= counter.until || counter.until > now + this.#limits.windowMs)
      return 0;
    return counter.failures;
  }

  #count(key: string, now: number): void {
    const failures = this.#failures(key, now);
    if (failures > 0) {
      const counter = this.#counters.get(key);
      if (counter !== undefined) counter.failures += 1;
      return;
    }
    this.#counters.delete(key);
    const oldest = this.#counters.keys().next();
    if (this.#counters.size >= this.#limits.maxCounters && oldest.done !== true)
      this.#counters.delete(oldest.value);
    this.#counters.set(key, { failures: 1, until: now + this.#limits.windowMs });
  }
}

function userKey(source: string, user: string): string {
  return `${source}\n${user.slice(0, MAX_USERNAME)}`;
}
