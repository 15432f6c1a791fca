// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { startHealthServer, type HealthServer } from './health-server.ts';
import { createRuntimeMetrics } from './metrics.ts';

describe('health server', () => {
  let server: HealthServer;
  let trouble: string | undefined;
  let registry: Registry;

  beforeEach(async () => {
    trouble = undefined;
    registry = new Registry();
    const checks = { caches: () => trouble };
    server = await startHealthServer({ host: '127.0.0.1', port: 0, alive: {}, ready: checks, registry });
  });
  afterEach(() => server.close());

  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, body: await response.text() };
  };

  it('says ok, or what is not', async () => {
    expect(await ask('/readyz?verbose')).toEqual({ status: 200, body: 'ok\n' });
    trouble = 'trunks are not listed yet';
    expect(await ask('/readyz')).toEqual({ status: 503, body: 'caches: trunks are not listed yet\n' });
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/other')).status).toBe(404);
  });

  it('shows the metrics of the whole runtime', async () => {
    const metrics = createRuntimeMetrics(registry);
    metrics.election('operator')(true);
    metrics.controller.workers('trunk', 4);
    metrics.queue('trunk').added();
    const { body } = await ask('/metrics');
    expect(body).toContain('leader_election_master_status{name="operator"} 1');
    expect(body).toContain('controller_runtime_max_concurrent_reconciles{controller="trunk"} 4');
    expect(body).toContain('workqueue_adds_total{name="trunk",controller="trunk"} 1');
    for (const name of ['rest_client_requests_total', 'reflector_lists_total'])
      expect(body).toContain(`# TYPE ${name}`);
  });

  it('answers 503 to no check that throws, but 500', async () => {
    await server.close();
    const broken = () => {
      throw new Error('broken check');
    };
    server = await startHealthServer({ host: '127.0.0.1', port: 0, alive: { broken }, ready: {}, registry });
    expect(await ask('/healthz')).toEqual({ status: 500, body: 'Error: broken check\n' });
  });
});
