// SPDX-License-Identifier: Apache-2.0

/** Milliseconds. */
export interface CacheTimes {
  /** For an answer with records. */
  positive: number;
  /** For none, and for a failure. */
  negative: number;
}

interface Entry<T> {
  answer: Promise<T[]>;
  until: number;
}

const largest = 10_000;

/** Remembers answers for a while; questions asked at the same time share one answer. */
export class TimedCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #times: CacheTimes;
  readonly #now: () => number;

  constructor(times: CacheTimes, now: () => number) {
    this.#times = times;
    this.#now = now;
  }

  get(key: string, ask: () => Promise<T[]>): Promise<T[]> {
    const known = this.#entries.get(key);
    if (known !== undefined && known.until > this.#now()) return known.answer;
    // Names come from requests: they must not fill the memory. The oldest goes.
    const [oldest] = this.#entries.size >= largest ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#entries.delete(oldest);
    const entry: Entry<T> = { answer: ask(), until: Infinity };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.answer.then(
      (records) => {
        entry.until = this.#now() + (records.length > 0 ? this.#times.positive : this.#times.negative);
      },
      () => {
        entry.until = this.#now() + this.#times.negative;
      },
    );
    return entry.answer;
  }
}
