// SPDX-License-Identifier: Apache-2.0
import { sourceKey } from './source-key.ts';
import { TokenBucket, type BucketSize } from './token-bucket.ts';

/** A known source stays known for so many milliseconds after the last call. */
const KNOWN_MS = 60 * 60 * 1000;
/** Seconds of its rate that a source may send at once. */
const BURST_SECONDS = 2;
/** What share of a known source's rate a stranger has, and of its burst. */
const STRANGER_SHARE = 20;
const STRANGER_BURST_SHARE = 16;
/** Answers to what is no SIP. */
const MALFORMED: BucketSize = { rate: 10, burst: 20 };

interface Known {
  bucket: TokenBucket;
  until: number;
}

/**
 * How much each source may send. Two classes: sources that calls have gone through with, or that we call ourselves,
 * and strangers. Only the first have the full rate: a scanner that is always refused stays a stranger, and costs little.
 * The gate is asked before a message is read; memory is bounded whatever addresses come.
 */
export class SourceGate {
  readonly #rate: number;
  readonly #sourcesHeld: number;
  readonly #known = new Map<string, Known>();
  readonly #strangers = new Map<string, TokenBucket>();
  readonly #malformed = new Map<string, TokenBucket>();

  /** `rate`: messages per second of a known source; 0: no limits by rate. `sourcesHeld`: of each class. */
  constructor(rate: number, sourcesHeld = 20_000) {
    this.#rate = rate;
    this.#sourcesHeld = sourcesHeld;
  }

  /** May this message be read? */
  admits(address: string, now: number): boolean {
    return this.#rate === 0 || this.#bucketOf(sourceKey(address), now).take(now);
  }

  /** Counts a message that is read in any case; returns the milliseconds for which no other should be. */
  owes(address: string, now: number): number {
    return this.#rate === 0 ? 0 : this.#bucketOf(sourceKey(address), now).owe(now);
  }

  /** May something that is no SIP be answered? */
  answersMalformed(address: string, now: number): boolean {
    const key = sourceKey(address);
    const bucket =
      this.#malformed.get(key) ??
      hold(this.#malformed, key, {
        value: new TokenBucket(MALFORMED, now),
        most: this.#sourcesHeld,
      });
    return bucket.take(now);
  }

  isKnown(address: string, now: number): boolean {
    const known = this.#known.get(sourceKey(address));
    return known !== undefined && known.until > now;
  }

  /** A call of this source got on, or we call it ourselves. */
  vouch(address: string, now: number): void {
    if (this.#rate === 0) return;
    const key = sourceKey(address);
    const known = this.#known.get(key);
    if (known !== undefined && known.until > now) {
      known.until = now + KNOWN_MS;
      return;
    }
    this.#strangers.delete(key);
    this.#known.delete(key);
    const size = { rate: this.#rate, burst: this.#rate * BURST_SECONDS };
    const value = { bucket: new TokenBucket(size, now), until: now + KNOWN_MS };
    hold(this.#known, key, { value, most: this.#sourcesHeld });
  }

  /** Sources held in memory. */
  get size(): number {
    return this.#known.size + this.#strangers.size + this.#malformed.size;
  }

  #bucketOf(key: string, now: number): TokenBucket {
    const known = this.#known.get(key);
    if (known !== undefined && known.until > now) return known.bucket;
    const stranger = this.#strangers.get(key);
    if (stranger !== undefined) return stranger;
    const burst = (this.#rate * BURST_SECONDS) / STRANGER_BURST_SHARE;
    const value = new TokenBucket({ rate: this.#rate / STRANGER_SHARE, burst: Math.max(1, burst) }, now);
    return hold(this.#strangers, key, { value, most: this.#sourcesHeld });
  }
}

/** The one held longest makes room. */
function hold<T>(map: Map<string, T>, key: string, { value, most }: { value: T; most: number }): T {
  const oldest = map.keys().next();
  if (map.size >= most && oldest.done !== true) map.delete(oldest.value);
  map.set(key, value);
  return value;
}
