// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatHostPort, type HostPort } from '../address.ts';
import { addressError } from './free-port.ts';
import { mergeMetrics } from './merge-metrics.ts';

const CHILD_TIMEOUT_MS = 2_000;

export interface MetricsSources {
  /** Metrics addresses of the programs that serve, by name. */
  programs: () => Map<string, string>;
  /** Our own page. */
  own: () => Promise<string>;
  /** What is wrong; empty: all is well. */
  ailments: () => string[];
}

export interface MetricsServer {
  /** `host:port`. */
  address: string;
  close(): Promise<void>;
}

/** Serves `/metrics` of all programs and `/healthz`. Throws `CommandError` where the address is not to be had. */
export async function serveMetrics(at: HostPort, sources: MetricsSources): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const reply = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
    };
    if (request.url === '/healthz') {
      const ailments = sources.ailments();
      reply(ailments.length === 0 ? 200 : 503, ailments.length === 0 ? 'ok\n' : `${ailments.join('\n')}\n`);
    } else if (request.url === '/metrics') {
      page(sources).then(
        (text) => {
          reply(200, text);
        },
        (error: unknown) => {
          reply(500, `${String(error)}\n`);
        },
      );
    } else reply(404, 'use /metrics or /healthz\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(addressError(error, at, '--metrics'));
    });
    server.listen(at.port, at.host, resolve);
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    address: formatHostPort({ host: address, port }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** A program that does not answer is left out: the others still say what they have. */
async function page({ programs, own }: MetricsSources): Promise<string> {
  const pages = new Map([['trunkline', await own()]]);
  const fetched = await Promise.all(
    [...programs()].map(async ([program, address]) => {
      const text = await fetchText(`http://${address}/metrics`);
      return [program, text] as const;
    }),
  );
  for (const [program, text] of fetched) if (text !== undefined) pages.set(program, text);
  return mergeMetrics(pages);
}

async function fetchText(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(CHILD_TIMEOUT_MS) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}
