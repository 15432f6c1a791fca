// SPDX-License-Identifier: Apache-2.0
import type { NgResult } from '../ng/ng-client.ts';

/** By then the node has ended a call without media by itself. */
const KEPT_MS = 60_000;
/** More than a node ever carries in calls of one process. */
const MAX_KEPT = 10_000;

/**
 * Deletes that a node did not answer in time. An overloaded node may not even have read them, and would hold ports and
 * limits for calls that are over: they are sent again as soon as it answers.
 */
export class LateDeletes {
  readonly #waiting = new Map<string, { body: Record<string, unknown>; until: number }>();
  #flushing = false;

  get size(): number {
    return this.#waiting.size;
  }

  add(callId: string, body: Record<string, unknown>): void {
    if (this.#waiting.size < MAX_KEPT)
      this.#waiting.set(callId, { body, until: performance.now() + KEPT_MS });
  }

  /** One after the other, until one is not answered again. Never rejects. */
  async flush(send: (body: Record<string, unknown>) => Promise<NgResult>): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    for (const [callId, { body, until }] of this.#waiting) {
      if (performance.now() < until && (await send(body)).outcome === 'timeout') break;
      this.#waiting.delete(callId);
    }
    this.#flushing = false;
  }
}
