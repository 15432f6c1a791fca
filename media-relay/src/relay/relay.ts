// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import { CallTable, type Timeouts } from './call-table.ts';
import { serveNg } from './ng-server.ts';
import { PortPool } from './port-pool.ts';

export interface RelayOptions {
  ng: { host: string; port: number };
  /** IPv4 address that media ports are bound to and SDP shows. */
  address: string;
  ports: { min: number; max: number };
  maxSessions: number;
  timeouts: Timeouts;
  log: Logger;
}

export interface Relay {
  readonly ngPort: number;
  readonly table: CallTable;
  /** Refuses new calls (`load limit`) from now on; resolves when the last one has ended. */
  drain(): Promise<void>;
  close(): void;
}

/** The embedded media relay: rtpengine's ng protocol and plain RTP, for one machine and some hundred calls. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const ports = new PortPool(options.address, options.ports.min, options.ports.max);
  const table = new CallTable({
    ports,
    log: options.log,
    maxSessions: options.maxSessions,
    timeouts: options.timeouts,
  });
  const server = await serveNg(options.ng, table, options.log).catch((error: unknown) => {
    table.close();
    throw error;
  });
  return {
    ngPort: server.port,
    table,
    drain() {
      table.maxSessions = 0;
      return new Promise((resolve) => {
        table.onRemoved = () => {
          if (table.calls.size === 0) resolve();
        };
        table.onRemoved();
      });
    },
    close() {
      server.close();
      table.close();
    },
  };
}
