// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { KubeError } from '../api/kube-error.ts';
import { createControllerMetrics } from '../observe/controller-metrics.ts';
import { WorkQueue } from '../queue/work-queue.ts';
import { Controller, TerminalError, type ControllerOptions, type Reconcile } from './controller.ts';

const TIMEOUT_MS = 30_000;

describe('Controller', () => {
  let registry: Registry;
  let stop: AbortController;
  let running: Promise<void> | undefined;

  beforeEach(() => {
    registry = new Registry();
    stop = new AbortController();
    running = undefined;
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  const start = (reconcile: Reconcile, more: Partial<ControllerOptions> = {}) => {
    const controller = new Controller({
      name: 'trunk',
      reconcile,
      log: pino({ level: 'silent' }),
      metrics: createControllerMetrics(registry),
      ...more,
    });
    running = controller.run(stop.signal);
    return controller;
  };

  /** Fails the first times, by the errors given; resolves once it succeeded. */
  const failing = (...errors: Error[]) => {
    const succeeded = Promise.withResolvers<number>();
    let calls = 0;
    const reconcile: Reconcile = () => {
      const error = errors[calls];
      calls += 1;
      if (error !== undefined) return Promise.reject(error);
      succeeded.resolve(calls);
      return Promise.resolve(undefined);
    };
    return { reconcile, succeeded: succeeded.promise };
  };

  const metric = async (line: string) => {
    // The last result is counted just after the reconciler has returned.
    await new Promise((resolve) => setImmediate(resolve));
    expect(await registry.metrics()).toContain(`controller_runtime_${line}\n`);
  };

  it(
    'retries what failed until it succeeds, and counts',
    async () => {
      const { reconcile, succeeded } = failing(new Error('one'), new TypeError('two'));
      const { queue } = start(reconcile);
      queue.add('acme/a');
      expect(await succeeded).toBe(3);
      await metric('reconcile_total{controller="trunk",result="error"} 2');
      await metric('reconcile_total{controller="trunk",result="success"} 1');
      await metric('reconcile_errors_total{controller="trunk"} 2');
      await metric('reconcile_panics_total{controller="trunk"} 1');
      await metric('reconcile_time_seconds_count{controller="trunk"} 3');
      await metric('active_workers{controller="trunk"} 0');
      await metric('max_concurrent_reconciles{controller="trunk"} 1');
      expect(queue.failures('acme/a')).toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    'takes a conflict for no error, and tries again',
    async () => {
      const conflict = new KubeError({
        code: 'refused',
        status: 409,
        reason: 'Conflict',
        message: 'modified',
      });
      const { reconcile, succeeded } = failing(conflict);
      start(reconcile).queue.add('acme/a');
      expect(await succeeded).toBe(2);
      await metric('reconcile_total{controller="trunk",result="requeue"} 1');
      await metric('reconcile_errors_total{controller="trunk"} 0');
    },
    TIMEOUT_MS,
  );

  it(
    'does not retry what is pointless, until the key is added anew',
    async () => {
      const { reconcile, succeeded } = failing(new TerminalError('never'));
      const { queue } = start(reconcile);
      queue.add('acme/a');
      while (queue.depth > 0 || queue.longestRunningMs > 0)
        await new Promise((resolve) => setImmediate(resolve));
      await metric('terminal_reconcile_errors_total{controller="trunk"} 1');
      expect(queue.failures('acme/a')).toBe(0);
      queue.add('acme/a');
      expect(await succeeded).toBe(2);
    },
    TIMEOUT_MS,
  );

  it(
    'waits as long as the server asks',
    async () => {
      const busy = new KubeError({ code: 'refused', status: 429, message: 'busy', retryAfterMs: 300 });
      const { reconcile, succeeded } = failing(busy);
      const since = performance.now();
      start(reconcile).queue.add('acme/a');
      await succeeded;
      expect(performance.now() - since).toBeGreaterThanOrEqual(290);
    },
    TIMEOUT_MS,
  );

  it(
    'comes again after the time that a reconciler asks for',
    async () => {
      let calls = 0;
      const twice = Promise.withResolvers<undefined>();
      start(() => {
        calls += 1;
        if (calls === 2) twice.resolve(undefined);
        return Promise.resolve({ requeueAfterMs: 20 });
      }).queue.add('acme/a');
      await twice.promise;
      await metric('reconcile_total{controller="trunk",result="requeue_after"} 2');
    },
    TIMEOUT_MS,
  );

  it(
    'ends the signal of a reconciliation that takes too long, and counts a timeout',
    async () => {
      const again = Promise.withResolvers<undefined>();
      let calls = 0;
      const reconcile: Reconcile = (_, signal) => {
        calls += 1;
        if (calls > 1) again.resolve(undefined);
        if (calls > 1) return Promise.resolve(undefined);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('cut off'));
          });
        });
      };
      start(reconcile, { timeoutMs: 30 }).queue.add('acme/a');
      await again.promise;
      await metric('reconcile_timeouts_total{controller="trunk"} 1');
    },
    TIMEOUT_MS,
  );

  it(
    'works on as many keys at once as it has workers, and on each alone',
    async () => {
      const busy = new Map<string, number>();
      let most = 0;
      let left = 40;
      const all = Promise.withResolvers<undefined>();
      const queue = new WorkQueue();
      const reconcile: Reconcile = async (key) => {
        busy.set(key, (busy.get(key) ?? 0) + 1);
        expect(busy.get(key)).toBe(1);
        most = Math.max(most, busy.size);
        if (left > 0) queue.add(key);
        await new Promise((resolve) => setTimeout(resolve, 1));
        busy.delete(key);
        left -= 1;
        if (left === 0) all.resolve(undefined);
        return undefined;
      };
      start(reconcile, { workers: 3, queue });
      for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
      await all.promise;
      expect(most).toBe(3);
      await metric('reconcile_errors_total{controller="trunk"} 0');
    },
    TIMEOUT_MS,
  );

  it(
    'ends after what it is working on, taking nothing new',
    async () => {
      const begun = Promise.withResolvers<undefined>();
      const finish = Promise.withResolvers<undefined>();
      const seen: string[] = [];
      const { queue } = start(async (key) => {
        seen.push(key);
        begun.resolve(undefined);
        await finish.promise;
        return undefined;
      });
      queue.add('a');
      queue.add('b');
      await begun.promise;
      stop.abort();
      let ended = false;
      void running?.then(() => {
        ended = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(ended).toBe(false);
      finish.resolve(undefined);
      await running;
      expect(seen).toEqual(['a']);
    },
    TIMEOUT_MS,
  );
});
