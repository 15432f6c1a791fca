// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, type Registry } from 'prom-client';

export interface ReflectorMetrics {
  listed(kind: string, items: number): void;
  watched(kind: string): void;
  /** `reason`: HTTP status, or the KubeError code. */
  failed(kind: string, reason: string | number): void;
}

/** client-go's names where it has one. */
export function createReflectorMetrics(registry: Registry): ReflectorMetrics {
  const registers = [registry];
  const lists = new Counter({
    name: 'reflector_lists_total',
    help: 'Full lists read from the API server',
    labelNames: ['name'],
    registers,
  });
  const items = new Gauge({
    name: 'reflector_items_per_list',
    help: 'Objects in the last list',
    labelNames: ['name'],
    registers,
  });
  const watches = new Counter({
    name: 'reflector_watches_total',
    help: 'Watches that the API server has accepted',
    labelNames: ['name'],
    registers,
  });
  const failures = new Counter({
    name: 'reflector_failures_total',
    help: 'Lists and watches that failed, by HTTP status or kind of fault',
    labelNames: ['name', 'reason'],
    registers,
  });
  return {
    listed: (name, count) => {
      lists.inc({ name });
      items.set({ name }, count);
    },
    watched: (name) => {
      watches.inc({ name });
    },
    failed: (name, reason) => {
      failures.inc({ name, reason });
    },
  };
}
