// SPDX-License-Identifier: Apache-2.0
import type { LimitsView } from './context.ts';
import type { CallReservation } from './decision.ts';

interface Starts {
  /** Ascending times in ms; those before `from` are out of every window. */
  times: number[];
  windowMs: number;
}

/** Windows that have run out are forgotten at most this often. */
const SWEEP_MS = 10_000;

/** Counts calls for the limits of trunks and accounts; holds keys only while they count for something. */
export class CallLimits {
  readonly #starts = new Map<string, Starts>();
  readonly #concurrent = new Map<string, number>();
  #sweptAt = 0;

  /** What policy may ask, as of `now` (ms). */
  view(now: number): LimitsView {
    return {
      startsWithin: (key, windowMs) => {
        const times = this.#starts.get(key)?.times;
        return times === undefined ? 0 : firstAfter(times, now) - firstAfter(times, now - windowMs);
      },
      concurrent: (key) => this.#concurrent.get(key) ?? 0,
    };
  }

  /** Counts a permitted call; gives the function that ends it, which may be called more than once. */
  reserve(call: CallReservation, now: number): () => void {
    for (const { key, windowMs } of call.starts) this.#addStart(key, windowMs, now);
    for (const key of call.concurrent) this.#concurrent.set(key, (this.#concurrent.get(key) ?? 0) + 1);
    if (now - this.#sweptAt >= SWEEP_MS) this.#sweep(now);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      for (const key of call.concurrent) this.#release(key);
    };
  }

  /** Keys held now, for tests and metrics. */
  get keys(): number {
    return this.#starts.size + this.#concurrent.size;
  }

  #addStart(key: string, windowMs: number, now: number): void {
    const entry = this.#starts.get(key) ?? { times: [], windowMs };
    this.#starts.set(key, entry);
    entry.windowMs = windowMs;
    const { times } = entry;
    const stale = firstAfter(times, now - windowMs);
    // Removing in lots keeps the cost per call constant.
    if (stale > 64 && stale * 2 > times.length) times.splice(0, stale);
    // Where the clock was set back, what is in the future now is forgotten: the order must hold for the search.
    times.length = firstAfter(times, now);
    times.push(now);
  }

  #release(key: string): void {
    const left = (this.#concurrent.get(key) ?? 0) - 1;
    if (left > 0) this.#concurrent.set(key, left);
    else this.#concurrent.delete(key);
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const [key, { times, windowMs }] of this.#starts) {
      if ((times.at(-1) ?? 0) <= now - windowMs) this.#starts.delete(key);
    }
  }
}

/** Index of the first time later than `limit`, in ascending times. */
function firstAfter(times: readonly number[], limit: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
