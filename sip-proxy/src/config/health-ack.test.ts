// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';
import type { TargetReport } from '@trunkline/crds';
import type { KubeClient, Lease } from '@trunkline/kube';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixtureConfig } from '../call/test-kit/edge-fixture.ts';
import { LeaseAck } from './lease-ack.ts';
import { revisionOf } from './shard-file.ts';
import { createShardSource, type ShardSource } from './shard-source.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const report = (host: string, healthy: boolean): TargetReport => ({
  address: `udp/${host}`,
  healthy,
  since: '2027-01-01T00:00:00.000Z',
  ...(healthy ? {} : { lastError: 'no response in 4 s' }),
});

describe('the acknowledgement file', () => {
  let dir = '';
  let source: ShardSource | undefined;
  afterEach(async () => {
    await source?.close();
    await rm(dir, { recursive: true, force: true });
  });

  it('tells of targets, and is written again when something of them has changed', async () => {
    dir = await mkdtemp(join(tmpdir(), 'tl-ack-'));
    const { global } = fixtureConfig({ gateways: [] });
    const revision = revisionOf(global);
    await writeFile(join(dir, 'global.json'), JSON.stringify({ ...global, revision }));
    let health: TargetReport[] = [];
    source = createShardSource({ dir, instance: 'up', log, health: () => health });
    await source.ready;
    const ack = async () => {
      await source?.refresh();
      return JSON.parse(await readFile(join(dir, 'acks', 'up.json'), 'utf8')) as Record<string, unknown>;
    };
    const first = await ack();
    expect(first).toMatchObject({ instance: 'up', revisions: { global: revision }, health: [] });
    expect(await ack()).toEqual(first);
    health = [report('192.0.2.10:5060', false)];
    expect(await ack()).toMatchObject({ revisions: { global: revision }, health });
  });
});

describe('the Lease', () => {
  /** The annotation that is written for these targets. */
  const annotation = async (health: TargetReport[]): Promise<string> => {
    const written = Promise.withResolvers<Lease>();
    const client = {
      apply: (_kind: unknown, lease: Lease) => {
        written.resolve(lease);
        return Promise.resolve(lease);
      },
      delete: () => Promise.resolve(),
    } as unknown as KubeClient;
    const options = { client, namespace: 'trunkline', instance: 'p', edge: 'dublin', log };
    const ack = new LeaseAck({ ...options, health: () => health });
    ack.acknowledge({ global: 'r1' });
    const lease = await written.promise;
    await ack.close();
    return lease.metadata.annotations?.['trunkline.dev/target-health'] ?? '';
  };

  it('tells of all targets', async () => {
    const health = [report('192.0.2.10:5060', true), report('192.0.2.11:5060', false)];
    expect(JSON.parse(await annotation(health))).toEqual(health);
  });

  it('of many tells those that do not answer, and never more than 16 KiB', async () => {
    const many = Array.from({ length: 400 }, (_, i) =>
      report(`gateway-${i}.carrier.example:5060`, i % 100 !== 0),
    );
    const told = JSON.parse(await annotation(many)) as TargetReport[];
    expect(told.map(({ address }) => address)).toEqual(
      [0, 100, 200, 300].map((i) => `udp/gateway-${i}.carrier.example:5060`),
    );
    const outage = await annotation(
      many.map((one) => ({ ...one, healthy: false, lastError: 'x'.repeat(200) })),
    );
    expect(Buffer.byteLength(outage)).toBeLessThanOrEqual(16_384);
    expect((JSON.parse(outage) as unknown[]).length).toBeGreaterThan(10);
  });
});
