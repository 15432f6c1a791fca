// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Registry } from 'prom-client';
import { createQueueMetrics } from '../observe/queue-metrics.ts';
import { WorkQueue } from './work-queue.ts';

describe('WorkQueue', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** The key that is to be had now, if any. */
  const now = async (queue: WorkQueue): Promise<string | undefined> =>
    Promise.race([queue.take(), Promise.resolve().then(() => Promise.resolve('nothing'))]);

  it('gives keys in the order of their first addition, each once', async () => {
    const queue = new WorkQueue();
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
    expect(queue.depth).toBe(3);
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['b', 'a', 'c']);
    expect(queue.depth).toBe(0);
  });

  it('hands a key to whoever waits first', async () => {
    const queue = new WorkQueue();
    const [first, second] = [queue.take(), queue.take()];
    queue.add('a');
    queue.add('b');
    expect([await first, await second]).toEqual(['a', 'b']);
  });

  it('never gives a key to two workers; added meanwhile, it comes once more afterwards', async () => {
    const queue = new WorkQueue();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.depth).toBe(0);
    const next = queue.take();
    queue.add('b');
    expect(await next).toBe('b');
    queue.done('a');
    expect(await queue.take()).toBe('a');
    queue.done('a');
    queue.done('a');
    expect(queue.depth).toBe(0);
  });

  it('adds later, at the earliest of several times', async () => {
    const queue = new WorkQueue();
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 5_000);
    queue.addAfter('b', 5_000);
    queue.addAfter('b', 500);
    queue.addAfter('c', 0);
    queue.addAfter('d', 2 ** 40);
    expect(await queue.take()).toBe('c');
    await jest.advanceTimersByTimeAsync(499);
    expect(queue.depth).toBe(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(await queue.take()).toBe('b');
    await jest.advanceTimersByTimeAsync(500);
    expect(await queue.take()).toBe('a');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(queue.depth).toBe(0);
    queue.close();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('doubles the wait of a key that fails, up to the longest; success forgets', async () => {
    const queue = new WorkQueue({
      backOff: { firstMs: 5, maxMs: 1_000_000 },
      retries: { perSecond: 1e9, burst: 1e9 },
    });
    const waited = async () => {
      const since = performance.now();
      await jest.advanceTimersToNextTimerAsync();
      const key = await queue.take();
      queue.done(key ?? '');
      return performance.now() - since;
    };
    const waits: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      queue.retry('a');
      waits.push(Math.round(await waited()));
    }
    expect(waits.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(waits.slice(-3)).toEqual([655_360, 1_000_000, 1_000_000]);
    expect(queue.failures('a')).toBe(20);
    queue.retry('b');
    expect(Math.round(await waited())).toBe(5);
    queue.forget('a');
    queue.retry('a');
    expect(Math.round(await waited())).toBe(5);
    queue.retry('a', 7_000);
    expect(Math.round(await waited())).toBe(7_000);
  });

  it('limits the retries of all keys together', async () => {
    const queue = new WorkQueue({ retries: { perSecond: 10, burst: 3 } });
    for (const key of ['a', 'b', 'c', 'd', 'e']) queue.retry(key);
    await jest.advanceTimersByTimeAsync(5);
    expect(queue.depth).toBe(3);
    await jest.advanceTimersByTimeAsync(95);
    expect(queue.depth).toBe(4);
    await jest.advanceTimersByTimeAsync(100);
    expect(queue.depth).toBe(5);
  });

  it('does not hold up what is added while it limits retries', async () => {
    const queue = new WorkQueue({ retries: { perSecond: 0.001, burst: 1 } });
    queue.retry('a');
    queue.retry('b');
    queue.add('c');
    expect(await queue.take()).toBe('c');
    queue.close();
  });

  it('is closed for good: waiting workers end, nothing is given out', async () => {
    const queue = new WorkQueue();
    queue.add('busy');
    await queue.take();
    const waiting = queue.take();
    queue.addAfter('later', 10);
    queue.add('busy');
    queue.close();
    expect(await waiting).toBeUndefined();
    queue.add('a');
    queue.addAfter('b', 1);
    queue.done('busy');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(queue.depth).toBe(0);
    expect(await now(queue)).toBeUndefined();
  });

  it("counts under controller-runtime's names", async () => {
    const registry = new Registry();
    const queue = new WorkQueue({ metrics: createQueueMetrics(registry)('trunk') });
    queue.add('a');
    queue.add('b');
    queue.add('b');
    queue.retry('c');
    const key = await queue.take();
    await jest.advanceTimersByTimeAsync(2_000);
    const metrics = await registry.metrics();
    const labels = '{name="trunk",controller="trunk"}';
    expect(metrics).toContain(`workqueue_depth${labels} 2`);
    expect(metrics).toContain(`workqueue_adds_total${labels} 3`);
    expect(metrics).toContain(`workqueue_retries_total${labels} 1`);
    expect(metrics).toContain(`workqueue_longest_running_processor_seconds${labels} 2`);
    expect(metrics).toContain(`workqueue_unfinished_work_seconds${labels} 2`);
    expect(queue.longestRunningMs).toBe(2_000);
    queue.done(key ?? '');
    expect(queue.longestRunningMs).toBe(0);
    expect(await registry.metrics()).toContain(`workqueue_work_duration_seconds_count${labels} 1`);
    expect(await registry.metrics()).toContain(`workqueue_queue_duration_seconds_count${labels} 1`);
  });
});
