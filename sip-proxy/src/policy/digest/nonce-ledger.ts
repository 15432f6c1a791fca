// SPDX-License-Identifier: Apache-2.0

/**
 * Which nonces have been used: two generations of keys, the older of which is thrown away as a whole once none of its
 * nonces can still be fresh, so that memory follows the call rate and nothing has to be swept.
 */
export class NonceLedger {
  #current = new Set<string>();
  #previous = new Set<string>();
  #currentUntil = 0;
  #previousUntil = 0;

  isUsed(key: string): boolean {
    return this.#current.has(key) || this.#previous.has(key);
  }

  /** Remembers a use until at least `expiresAt` (ms). */
  add(used: { key: string; expiresAt: number }, now: number): void {
    if (now > this.#previousUntil) {
      this.#previous = this.#current;
      this.#previousUntil = this.#currentUntil;
      this.#current = new Set();
    }
    this.#current.add(used.key);
    this.#currentUntil = Math.max(this.#currentUntil, used.expiresAt);
  }

  /** Uses remembered now. */
  get size(): number {
    return this.#current.size + this.#previous.size;
  }
}
