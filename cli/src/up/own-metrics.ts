// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, Registry } from 'prom-client';

/** What `up` itself measures. */
export interface OwnNumbers {
  resources: () => number;
  problems: () => number;
  pendingRecords: () => number;
}

export interface OwnMetrics {
  page: () => Promise<string>;
  restarted: (program: string) => void;
}

export function ownMetrics(numbers: OwnNumbers): OwnMetrics {
  const registry = new Registry();
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  };
  gauge('trunkline_manifest_resources', 'Resources in force.', numbers.resources);
  gauge('trunkline_manifest_problems', 'Errors and warnings in the manifests.', numbers.problems);
  gauge(
    'trunkline_spool_files_pending',
    'Spool files of call records that are not stored yet.',
    numbers.pendingRecords,
  );
  const restarts = new Counter({
    name: 'trunkline_program_restarts_total',
    help: 'Programs that died and were started again.',
    labelNames: ['died'],
    registers: [registry],
  });
  return {
    page: () => registry.metrics(),
    restarted: (program) => {
      restarts.inc({ died: program });
    },
  };
}
