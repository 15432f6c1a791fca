// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import type { CallTable } from './call-table.ts';

/** Serves `/metrics`; resolves when it listens. */
export function serveRelayMetrics(
  address: { host: string; port: number },
  table: CallTable,
): Promise<{ server: Server; port: number }> {
  const registry = new Registry();
  const gauge = (name: string, help: string, value: () => number): void => {
    const registers = [registry];
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  gauge('trunkline_relay_sessions', 'Calls on the embedded relay', () => table.calls.size);
  gauge(
    'trunkline_relay_packets',
    'RTP and RTCP packets received since the start',
    () => table.counts.packets,
  );
  gauge(
    'trunkline_relay_packet_errors',
    'Packets dropped by source, or not sent, since the start',
    () => table.counts.errors,
  );
  gauge(
    'trunkline_relay_rejected_sessions',
    'Calls refused at the session limit since the start',
    () => table.counts.rejected,
  );
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    void registry
      .metrics()
      .then((text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      resolve({ server, port: (server.address() as AddressInfo).port });
    });
  });
}
