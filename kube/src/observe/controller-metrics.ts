// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ControllerMetrics } from '../controller/controller.ts';

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60];

/** controller-runtime's names: dashboards made for it show our controllers as well. */
export function createControllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry];
  const labelNames = ['controller'] as const;
  const counter = (what: string, help: string) =>
    new Counter({ name: `controller_runtime_${what}`, help, labelNames, registers });
  const gauge = (what: string, help: string) =>
    new Gauge({ name: `controller_runtime_${what}`, help, labelNames, registers });
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciliations by result: success, requeue, requeue_after, error',
    labelNames: ['controller', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Seconds that a reconciliation takes',
    labelNames,
    buckets,
    registers,
  });
  const errors = counter('reconcile_errors_total', 'Reconciliations that failed');
  const terminal = counter('terminal_reconcile_errors_total', 'Failures that are not retried');
  const panics = counter('reconcile_panics_total', 'Failures that are mistakes in the program');
  const timeouts = counter('reconcile_timeouts_total', 'Reconciliations that took too long');
  const workers = gauge('active_workers', 'Workers that are busy');
  const limit = gauge('max_concurrent_reconciles', 'Workers');
  return {
    started: (controller) => {
      workers.inc({ controller });
    },
    ended: (controller, result, took) => {
      workers.dec({ controller });
      total.inc({ controller, result });
      seconds.observe({ controller }, took);
    },
    failed: (controller, how) => {
      errors.inc({ controller });
      if (how === 'terminal') terminal.inc({ controller });
      if (how === 'panic') panics.inc({ controller });
      if (how === 'timeout') timeouts.inc({ controller });
    },
    workers: (controller, count) => {
      limit.set({ controller }, count);
      workers.set({ controller }, 0);
      for (const result of ['success', 'requeue', 'requeue_after', 'error'])
        total.inc({ controller, result }, 0);
      for (const one of [errors, terminal, panics, timeouts]) one.inc({ controller }, 0);
    },
  };
}
