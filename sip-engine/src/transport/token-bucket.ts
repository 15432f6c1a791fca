// SPDX-License-Identifier: Apache-2.0

export interface BucketSize {
  /** Tokens that come back each second. */
  rate: number;
  /** Tokens at once after a quiet time. */
  burst: number;
}

/** Tokens that run out and come back with time. */
export class TokenBucket {
  readonly #size: BucketSize;
  #tokens: number;
  #at: number;

  constructor(size: BucketSize, now: number) {
    this.#size = size;
    this.#tokens = size.burst;
    this.#at = now;
  }

  /** Takes a token where there is one. */
  take(now: number): boolean {
    this.#refill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes a token in any case; returns the milliseconds until none is owed. */
  owe(now: number): number {
    this.#refill(now);
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1000) / this.#size.rate);
  }

  /** A clock that was set back costs nobody anything. */
  #refill(now: number): void {
    const { rate, burst } = this.#size;
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#at) * rate) / 1000);
    this.#at = now;
  }
}
