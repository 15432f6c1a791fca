// SPDX-License-Identifier: Apache-2.0

/** Milliseconds. */
export interface CacheTimes {
  /** For an answer with records. */
  positive: number;
  /** For none, and for a failure. */
  negative: number;
  /** An answer older than `positive` serves so long where the name server fails (RFC 8767). Default 1 h. */
  stale?: number;
}

interface Entry<T> {
  answer: Promise<T[]>;
  until: number;
  /** The last answer with records, and when it came. */
  good: { records: T[]; at: number } | undefined;
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
    const entry: Entry<T> = { answer: Promise.resolve([]), until: Infinity, good: known?.good };
    entry.answer = ask().catch((error: unknown) => this.#lastGood(entry, error));
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.answer.then(
      (records) => {
        const failing = entry.until !== Infinity;
        if (failing) return;
        // That there is none any more is an answer too.
        entry.good = records.length > 0 ? { records, at: this.#now() } : undefined;
        entry.until = this.#now() + (records.length > 0 ? this.#times.positive : this.#times.negative);
      },
      () => {
        entry.until = this.#now() + this.#times.negative;
      },
    );
    return entry.answer;
  }

  /** A name server that is away must not end the calls to names that were known a moment ago. */
  #lastGood(entry: Entry<T>, error: unknown): T[] {
    const { good } = entry;
    if (good === undefined || this.#now() - good.at > (this.#times.stale ?? 3_600_000)) throw error;
    entry.until = this.#now() + this.#times.negative;
    return good.records;
  }
}
