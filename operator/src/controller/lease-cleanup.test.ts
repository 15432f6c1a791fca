// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Cache, KubeError, type Lease } from '@trunkline/kube';
import { pino } from 'pino';
import { LeaseCleanup } from './lease-cleanup.ts';

const NOW = new Date('2026-11-25T08:00:00Z');
const HOUR = 3_600_000;

const lease = (instance: string, silentHours: number | undefined, edge = 'ashburn'): Lease => ({
  metadata: {
    name: `trunkline-proxy-${instance}`,
    namespace: 'trunkline',
    uid: `uid-${instance}`,
    resourceVersion: '7',
    labels: { 'trunkline.dev/edge': edge },
  },
  spec:
    silentHours === undefined
      ? {}
      : { renewTime: new Date(NOW.getTime() - silentHours * HOUR).toISOString() },
});

let cache: Cache<Lease>;
let deleted: unknown[];
let failing: boolean;
let mayWrite: boolean;
let cleanup: LeaseCleanup;

beforeEach(() => {
  jest.useFakeTimers({ now: NOW });
  cache = new Cache<Lease>();
  [deleted, failing, mayWrite] = [[], false, true];
  cleanup = new LeaseCleanup({
    client: {
      delete: async (_kind, { name }, options) => {
        if (failing) throw new KubeError({ code: 'refused', status: 409, message: 'it has changed' });
        deleted.push([name, options?.uid, options?.resourceVersion]);
      },
    },
    mayWrite: () => mayWrite,
    leases: cache,
    log: pino({ level: 'silent' }),
  });
});
afterEach(() => {
  jest.useRealTimers();
});

const have = (...leases: Lease[]) => {
  for (const one of leases) cache.set(one);
};

describe('Leases of proxies that are gone', () => {
  it('are deleted after a day, as they were seen', async () => {
    have(lease('alive', 0), lease('gone', 25), lease('late', 23), lease('odd', undefined));
    await cleanup.clean();
    expect(deleted).toEqual([
      ['trunkline-proxy-gone', 'uid-gone', '7'],
      ['trunkline-proxy-odd', 'uid-odd', '7'],
    ]);
  });

  it('leave the last one of an edge, which tells since when it has been silent', async () => {
    have(lease('d1', 50, 'dublin'), lease('d2', 40, 'dublin'), lease('alive', 0));
    await cleanup.clean();
    expect(deleted).toEqual([['trunkline-proxy-d1', 'uid-d1', '7']]);
  });

  it('are left to the next leader where leadership was lost, and to the next round where it failed', async () => {
    have(lease('alive', 0), lease('gone', 25));
    mayWrite = false;
    await cleanup.clean();
    [mayWrite, failing] = [true, true];
    await cleanup.clean();
    expect(deleted).toEqual([]);
    failing = false;
    const stop = new AbortController();
    const running = cleanup.run(stop.signal);
    await jest.advanceTimersByTimeAsync(10 * 60_000);
    expect(deleted).toHaveLength(1);
    stop.abort();
    await running;
  });
});
