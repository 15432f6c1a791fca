// SPDX-License-Identifier: Apache-2.0

/** A cookie is remembered for at least this long, at most twice as long: well past any client's last repetition. */
const GENERATION_MS = 10_000;

/** Replies by cookie, so that a repeated datagram repeats the reply and not the command. */
export class ReplyCache {
  #young = new Map<string, Buffer | 'pending'>();
  #old = new Map<string, Buffer | 'pending'>();
  #turnedAt = 0;

  /** The reply to a cookie seen before; `pending` while the command still runs. */
  get(cookie: string): Buffer | 'pending' | undefined {
    return this.#young.get(cookie) ?? this.#old.get(cookie);
  }

  set(cookie: string, reply: Buffer | 'pending', now: number): void {
    if (now - this.#turnedAt >= GENERATION_MS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#turnedAt = now;
    }
    this.#young.set(cookie, reply);
  }
}
