// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, type Registry } from 'prom-client';
import type { TransportOptions } from '../api/transport.ts';

/** client-go's `rest_client_requests_total`; `code` is the HTTP status, or how an answer failed to come. */
export function createClientMetrics(registry: Registry): NonNullable<TransportOptions['onAnswer']> {
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server',
    labelNames: ['code', 'method', 'host'],
    registers: [registry],
  });
  return (code, method, host) => {
    requests.inc({ code, method, host });
  };
}

/** client-go's `leader_election_master_status`: for `leadWhile`'s `onChange`. */
export function createElectionMetrics(registry: Registry): (name: string) => (leading: boolean) => void {
  const leader = new Gauge({
    name: 'leader_election_master_status',
    help: '1 where this process leads, else 0',
    labelNames: ['name'],
    registers: [registry],
  });
  return (name) => {
    leader.set({ name }, 0);
    return (leading) => {
      leader.set({ name }, leading ? 1 : 0);
    };
  };
}
