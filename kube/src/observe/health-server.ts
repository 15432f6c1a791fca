// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** Why not, in a few words; undefined where all is well. */
export type Check = () => string | undefined;

export interface HealthServerOptions {
  host: string;
  /** 0 picks one. */
  port: number;
  /** `/healthz`: whether a restart would help. Not whether the API server is there. */
  alive: Record<string, Check>;
  /** `/readyz`: caches are filled. Not whether this process leads: who waits for the lease is ready, too. */
  ready: Record<string, Check>;
  registry: Registry;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** `/healthz`, `/readyz` and `/metrics`. A failing check is named in the answer, a 503. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const pages = new Map([
    ['/healthz', options.alive],
    ['/readyz', options.ready],
  ]);
  const answer = async (path: string): Promise<{ status: number; type: string; body: string }> => {
    const checks = pages.get(path);
    if (checks) return { type: 'text/plain; charset=utf-8', ...verdict(checks) };
    if (path !== '/metrics') return { status: 404, type: 'text/plain', body: 'not found\n' };
    return { status: 200, type: options.registry.contentType, body: await options.registry.metrics() };
  };
  const server = createServer((request, response) => {
    answer((request.url ?? '').split('?')[0] ?? '')
      .catch((error: unknown) => ({ status: 500, type: 'text/plain', body: `${String(error)}\n` }))
      .then(({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type }).end(body);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function verdict(checks: Record<string, Check>): { status: number; body: string } {
  const faults = Object.entries(checks).flatMap(([name, check]) => {
    const why = check();
    return why === undefined ? [] : [`${name}: ${why}\n`];
  });
  return faults.length === 0 ? { status: 200, body: 'ok\n' } : { status: 503, body: faults.join('') };
}
