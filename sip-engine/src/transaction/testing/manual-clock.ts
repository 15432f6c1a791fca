// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.ts';

interface Waiting {
  at: number;
  order: number;
  callback: () => void;
}

/** Time that stands still until a test moves it; for tests only. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  #last = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** Timers that have not fired. */
  get size(): number {
    return this.#waiting.size;
  }

  setTimeout(callback: () => void, delay: number): unknown {
    this.#last += 1;
    this.#waiting.set(this.#last, { at: this.#now + delay, order: this.#last, callback });
    return this.#last;
  }

  clearTimeout(handle: unknown): void {
    this.#waiting.delete(handle as number);
  }

  now(): Date {
    return new Date(this.#now);
  }

  /** Fires what falls due in the next `milliseconds`, in order. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#waiting.values()].filter(({ at }) => at <= end);
      const [next] = due.sort((a, b) => a.at - b.at || a.order - b.order);
      if (next === undefined) break;
      this.#now = next.at;
      this.#waiting.delete(next.order);
      next.callback();
    }
    this.#now = end;
  }
}
