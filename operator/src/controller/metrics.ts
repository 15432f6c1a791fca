// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the gauges read when they are scraped. */
export interface OperatorView {
  /** By kind. */
  resources: () => ReadonlyMap<string, number>;
  /** By kind: those whose condition Ready is not True. */
  notReady: () => ReadonlyMap<string, number>;
  /** Live proxies by edge. */
  proxies: () => ReadonlyMap<string, number>;
  edgesMissing: () => number;
  namedSecretWatches: () => number;
  largestShardBytes: () => number;
}

export interface OperatorMetrics {
  shardWritten: (result: string) => void;
  compiled: (seconds: number) => void;
  programmed: (seconds: number) => void;
  /** Only while leading: a standby knows nothing. */
  observe: (view: OperatorView) => void;
}

const LATENCIES = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createOperatorMetrics(registry: Registry): OperatorMetrics {
  const registers = [registry];
  let view: OperatorView | undefined;
  const counted = (
    name: string,
    help: string,
    label: string,
    read: (view: OperatorView) => ReadonlyMap<string, number>,
  ) =>
    new Gauge({
      ...{ name, help, registers, labelNames: [label] },
      collect() {
        this.reset();
        for (const [value, count] of view ? read(view) : []) this.set({ [label]: value }, count);
      },
    });
  const single = (name: string, help: string, read: (view: OperatorView) => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(view ? read(view) : 0);
      },
    });
  counted('trunkline_operator_resources', 'Custom resources', 'kind', (from) => from.resources());
  counted('trunkline_operator_resources_not_ready', 'Custom resources that are not Ready', 'kind', (from) =>
    from.notReady(),
  );
  counted('trunkline_operator_proxies', 'Proxies that are alive', 'edge', (from) => from.proxies());
  single('trunkline_operator_edges_missing', 'Edges without a live proxy', (from) => from.edgesMissing());
  single('trunkline_operator_secret_watches', 'Secrets watched by name, for want of the label', (from) =>
    from.namedSecretWatches(),
  );
  single(
    'trunkline_operator_largest_shard_bytes',
    'Size of the largest shard; Kubernetes takes 1 MiB',
    (from) => from.largestShardBytes(),
  );
  const writes = new Counter({
    name: 'trunkline_operator_shard_writes_total',
    help: 'Shards written, by result: applied, deleted, failed',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['applied', 'deleted', 'failed']) writes.inc({ result }, 0);
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, buckets: LATENCIES, registers });
  const compile = histogram('trunkline_operator_compile_seconds', 'Seconds that compiling a change takes');
  const programmed = histogram(
    'trunkline_operator_programmed_seconds',
    'Seconds from a change of a shard until every live proxy has it',
  );
  return {
    shardWritten: (result) => {
      writes.inc({ result });
    },
    compiled: (seconds) => {
      compile.observe(seconds);
    },
    programmed: (seconds) => {
      programmed.observe(seconds);
    },
    observe: (from) => {
      view = from;
    },
  };
}
