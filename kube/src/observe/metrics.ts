// SPDX-License-Identifier: Apache-2.0
import type { Registry } from 'prom-client';
import { createClientMetrics, createElectionMetrics } from './client-metrics.ts';
import { createControllerMetrics } from './controller-metrics.ts';
import { createQueueMetrics } from './queue-metrics.ts';
import { createReflectorMetrics } from './reflector-metrics.ts';

/** All of the runtime's metrics, once per registry. */
export const createRuntimeMetrics = (registry: Registry) => ({
  client: createClientMetrics(registry),
  reflector: createReflectorMetrics(registry),
  queue: createQueueMetrics(registry),
  controller: createControllerMetrics(registry),
  election: createElectionMetrics(registry),
});

export type RuntimeMetrics = ReturnType<typeof createRuntimeMetrics>;
