// SPDX-License-Identifier: Apache-2.0

export interface BackOffLimits {
  firstMs: number;
  maxMs: number;
  /** Up to this share is added at random, so that many clients do not return as one. 0: exact. */
  jitter: number;
}

/** Doubling waits. */
export class BackOff {
  readonly #limits: BackOffLimits;
  #failures = 0;

  constructor(limits: BackOffLimits) {
    this.#limits = limits;
  }

  get failures(): number {
    return this.#failures;
  }

  next(): number {
    const { firstMs, maxMs, jitter } = this.#limits;
    const base = Math.min(firstMs * 2 ** Math.min(this.#failures, 60), maxMs);
    this.#failures += 1;
    return base * (1 + Math.random() * jitter);
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** Asked anew each time, where the compiler believes that what it was before an await it still is. */
export const isOver = (signal: AbortSignal): boolean => signal.aborted;

/** Ends early, and without an error, when the signal fires. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish, { once: true });
  });
}
