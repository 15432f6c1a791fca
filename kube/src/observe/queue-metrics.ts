// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What a gauge reads from its queue when it is scraped. */
interface QueueView {
  depth: () => number;
  /** When each running piece of work began, `performance.now()`. */
  processingSince: () => number[];
}

export interface QueueMetrics {
  added(): void;
  retried(): void;
  /** Seconds from added to taken. */
  queued(seconds: number): void;
  /** Seconds from taken to done. */
  worked(seconds: number): void;
  observe(view: QueueView): void;
}

/** client-go's: 10 ns to 1000 s; a tenth of a millisecond is as fine as it gets here. */
const buckets = [0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1_000];

/** controller-runtime's names. Gives one instance for each queue by name. */
export function createQueueMetrics(registry: Registry): (name: string) => QueueMetrics {
  const views = new Map<string, QueueView>();
  const of = { labelNames: ['name', 'controller'], registers: [registry] };
  const labels = (name: string) => ({ name, controller: name });
  const gauge = (name: string, help: string, read: (view: QueueView) => number) =>
    new Gauge({
      ...of,
      name,
      help,
      collect() {
        for (const [queue, view] of views) this.set(labels(queue), read(view));
      },
    });
  const ages = (view: QueueView) =>
    view.processingSince().map((since) => (performance.now() - since) / 1_000);
  gauge('workqueue_depth', 'Keys that wait', (view) => view.depth());
  gauge('workqueue_unfinished_work_seconds', 'Seconds of work in progress', (view) =>
    ages(view).reduce((sum, age) => sum + age, 0),
  );
  gauge('workqueue_longest_running_processor_seconds', 'Seconds of the longest running work', (view) =>
    Math.max(0, ...ages(view)),
  );
  const adds = new Counter({ ...of, name: 'workqueue_adds_total', help: 'Keys added' });
  const retries = new Counter({ ...of, name: 'workqueue_retries_total', help: 'Keys retried' });
  const queued = new Histogram({
    ...of,
    name: 'workqueue_queue_duration_seconds',
    help: 'Seconds that a key waits',
    buckets,
  });
  const worked = new Histogram({
    ...of,
    name: 'workqueue_work_duration_seconds',
    help: 'Seconds that the work on a key takes',
    buckets,
  });
  return (name) => ({
    added: () => {
      adds.inc(labels(name));
    },
    retried: () => {
      retries.inc(labels(name));
    },
    queued: (seconds) => {
      queued.observe(labels(name), seconds);
    },
    worked: (seconds) => {
      worked.observe(labels(name), seconds);
    },
    observe: (view) => {
      views.set(name, view);
    },
  });
}
