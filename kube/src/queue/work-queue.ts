// SPDX-License-Identifier: Apache-2.0
import type { QueueMetrics } from '../observe/queue-metrics.ts';
import { TokenBucket } from './token-bucket.ts';

export interface WorkQueueOptions {
  /** Each failure of a key doubles its wait, from the first to the longest. */
  backOff?: { firstMs: number; maxMs: number };
  /** Of all keys' retries together. */
  retries?: { perSecond: number; burst: number };
  metrics?: QueueMetrics | undefined;
}

/**
 * Keys that want work, with client-go's rules: a key waits once however often it is added; it is never with two workers; added
 * while it is with one, it comes again afterwards.
 */
export class WorkQueue {
  readonly #waiting = new Map<string, number>();
  /** With a worker, and since when. */
  readonly #processing = new Map<string, number>();
  /** Added while processing. */
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  readonly #backOff: { firstMs: number; maxMs: number };
  readonly #bucket: TokenBucket;
  readonly #metrics: QueueMetrics | undefined;
  #closed = false;

  constructor({ backOff, retries, metrics }: WorkQueueOptions = {}) {
    this.#backOff = backOff ?? { firstMs: 5, maxMs: 1_000_000 };
    this.#bucket = new TokenBucket(retries?.perSecond ?? 10, retries?.burst ?? 100);
    this.#metrics = metrics;
    metrics?.observe({
      depth: () => this.#waiting.size,
      processingSince: () => [...this.#processing.values()],
    });
  }

  get depth(): number {
    return this.#waiting.size;
  }

  /** How long the oldest key has been with its worker. */
  get longestRunningMs(): number {
    const since = Math.min(...this.#processing.values());
    return Number.isFinite(since) ? performance.now() - since : 0;
  }

  add(key: string): void {
    if (this.#closed || this.#waiting.has(key) || this.#again.has(key)) return;
    this.#metrics?.added();
    if (this.#processing.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#waiting.set(key, performance.now());
    this.#serve();
  }

  /** The earliest of several times counts. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = performance.now() + ms;
    const planned = this.#timers.get(key);
    if (planned && planned.at <= at) return;
    clearTimeout(planned?.timer);
    const timer = setTimeout(
      () => {
        this.#timers.delete(key);
        this.add(key);
      },
      // A longer one would fire at once.
      Math.min(ms, 2 ** 31 - 1),
    );
    this.#timers.set(key, { at, timer });
  }

  /** After a failure: by the key's own back-off, and the limit of all. `leastMs`: what the server asked for. */
  retry(key: string, leastMs = 0): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { firstMs, maxMs } = this.#backOff;
    const own = Math.min(firstMs * 2 ** Math.min(failures, 60), maxMs);
    this.#metrics?.retried();
    this.addAfter(key, Math.max(own, this.#bucket.reserve(), leastMs));
  }

  /** After success: the next failure is a first one. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, as soon as there is one; undefined once the queue is closed. Whoever takes a key says `done`. */
  take(): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.#closed) {
        resolve(undefined);
        return;
      }
      this.#takers.push(resolve);
      this.#serve();
    });
  }

  done(key: string): void {
    const since = this.#processing.get(key);
    if (since === undefined) return;
    this.#processing.delete(key);
    this.#metrics?.worked((performance.now() - since) / 1_000);
    if (!this.#again.delete(key) || this.#closed) return;
    this.#waiting.set(key, performance.now());
    this.#serve();
  }

  /** Nothing is given out any more. What is with a worker stays there. */
  close(): void {
    this.#closed = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#waiting.clear();
    this.#again.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  #serve(): void {
    for (const [key, since] of this.#waiting) {
      const taker = this.#takers.shift();
      if (!taker) return;
      const now = performance.now();
      this.#waiting.delete(key);
      this.#processing.set(key, now);
      this.#metrics?.queued((now - since) / 1_000);
      taker(key);
    }
  }
}
