// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import { isKubeError } from '../api/kube-error.ts';
import { WorkQueue } from '../queue/work-queue.ts';

export type ReconcileResult = 'success' | 'requeue' | 'requeue_after' | 'error';
export type FailureKind = 'error' | 'terminal' | 'panic' | 'timeout';

export interface ControllerMetrics {
  started(controller: string): void;
  ended(controller: string, result: ReconcileResult, seconds: number): void;
  failed(controller: string, how: FailureKind): void;
  workers(controller: string, count: number): void;
}

/** Thrown by a reconciler where trying again is pointless until the object changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

/** Makes the world match the object of the key, as the caches have it now. The signal ends when it takes too long. */
export type Reconcile = (
  key: string,
  signal: AbortSignal,
) => Promise<{ requeueAfterMs?: number } | undefined>;

export interface ControllerOptions {
  name: string;
  reconcile: Reconcile;
  queue?: WorkQueue;
  /** Keys worked on at once; default 1. */
  workers?: number;
  /** For one reconciliation; default 60,000. */
  timeoutMs?: number;
  log: Logger;
  metrics?: ControllerMetrics | undefined;
}

/**
 * Takes keys from a queue and reconciles them. A failure is retried with back-off; a conflict, somebody having written the
 * object at the same time, is no failure: the key comes again, with what the cache has heard by then.
 */
export class Controller {
  readonly queue: WorkQueue;
  readonly #options: Required<Omit<ControllerOptions, 'queue' | 'metrics'>>;
  readonly #metrics: ControllerMetrics | undefined;

  constructor(options: ControllerOptions) {
    this.queue = options.queue ?? new WorkQueue();
    this.#options = { workers: 1, timeoutMs: 60_000, ...options };
    this.#metrics = options.metrics;
  }

  /** Works until the signal fires, and then until what is being worked on has ended. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { name, workers } = this.#options;
    this.#metrics?.workers(name, workers);
    const close = () => {
      this.queue.close();
    };
    if (signal.aborted) close();
    signal.addEventListener('abort', close, { once: true });
    await Promise.all(Array.from({ length: workers }, () => this.#work(signal)));
    signal.removeEventListener('abort', close);
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) {
      const began = performance.now();
      this.#metrics?.started(this.#options.name);
      const result = await this.#reconcile(key, signal);
      this.#metrics?.ended(this.#options.name, result, (performance.now() - began) / 1_000);
      this.queue.done(key);
    }
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs);
    try {
      const outcome = await this.#options.reconcile(key, AbortSignal.any([signal, timeout]));
      this.queue.forget(key);
      if (outcome?.requeueAfterMs === undefined) return 'success';
      this.queue.addAfter(key, outcome.requeueAfterMs);
      return 'requeue_after';
    } catch (error) {
      if (signal.aborted) return 'requeue';
      return this.#failed(key, error, timeout.aborted);
    }
  }

  #failed(key: string, error: unknown, timedOut: boolean): ReconcileResult {
    const { name, log } = this.#options;
    if (isKubeError(error) && error.isConflict) {
      log.debug({ controller: name, key, err: error }, 'conflict');
      this.queue.retry(key);
      return 'requeue';
    }
    const how = timedOut ? 'timeout' : failureKind(error);
    this.#metrics?.failed(name, how);
    log.error(
      { controller: name, key, err: error, failure: how, failures: this.queue.failures(key) + 1 },
      'reconcile failed',
    );
    if (how === 'terminal') this.queue.forget(key);
    else this.queue.retry(key, isKubeError(error) ? error.retryAfterMs : 0);
    return 'error';
  }
}

function failureKind(error: unknown): FailureKind {
  if (error instanceof TerminalError) return 'terminal';
  if (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError)
    return 'panic';
  return 'error';
}
