// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Cache, microTime, type Lease } from '@trunkline/kube';
import { ProxyFleet } from './proxy-fleet.ts';

const GRACE_MS = 10_000;
let version = 0;

interface Told {
  edge?: string;
  revisions?: Record<string, string> | string;
  /** The annotation as it is. */
  health?: string;
  renewedAgoMs?: number;
}

const lease = (
  instance: string,
  { edge = 'ashburn', revisions = {}, renewedAgoMs = 0, health }: Told = {},
): Lease => ({
  metadata: {
    name: `trunkline-proxy-${instance}`,
    namespace: 'tl',
    uid: instance,
    resourceVersion: `${(version += 1)}`,
    labels: { 'trunkline.dev/edge': edge },
    annotations: {
      'trunkline.dev/revisions': typeof revisions === 'string' ? revisions : JSON.stringify(revisions),
      ...(health === undefined ? {} : { 'trunkline.dev/target-health': health }),
    },
  },
  spec: {
    holderIdentity: instance,
    leaseDurationSeconds: 30,
    renewTime: microTime(new Date(Date.now() - renewedAgoMs)),
  },
});

let cache: Cache<Lease>;
let view: { cache: Cache<Lease>; failingSince: Date | undefined };
let news: number;
let healthNews: number;
const fleets: ProxyFleet[] = [];

beforeEach(() => {
  jest.useFakeTimers({ now: new Date('2026-11-25T08:00:00Z') });
  cache = new Cache<Lease>();
  view = { cache, failingSince: undefined };
  [news, healthNews] = [0, 0];
});
afterEach(() => {
  for (const fleet of fleets.splice(0)) fleet.close();
  jest.useRealTimers();
});

const watch = (): ProxyFleet => {
  const fleet = new ProxyFleet(
    view,
    () => (news += 1),
    GRACE_MS,
    () => (healthNews += 1),
  );
  fleets.push(fleet);
  return fleet;
};
const alive = (fleet: ProxyFleet) => fleet.live().map(({ instance }) => instance);

describe('the fleet', () => {
  it('has the proxies whose Lease is young, and what they have applied', () => {
    cache.set(lease('p2', { revisions: { global: '1' } }));
    cache.set(lease('p1', { edge: 'dublin', renewedAgoMs: 29_000 }));
    cache.set(lease('old', { renewedAgoMs: 31_000 }));
    expect(watch().live()).toMatchObject([
      { instance: 'p1', edge: 'dublin', revisions: {} },
      { instance: 'p2', edge: 'ashburn', revisions: { global: '1' } },
    ]);
    // Whoever makes the fleet asks it; that is no news.
    expect(news).toBe(0);
  });

  it('tells of one that comes, acknowledges, expires or goes, and not of a renewal', () => {
    const fleet = watch();
    cache.set(lease('p1'));
    expect(news).toBe(1);
    cache.set(lease('p1', { revisions: { global: '1' } }));
    expect(news).toBe(2);
    jest.advanceTimersByTime(20_000);
    cache.set(lease('p1', { revisions: { global: '1' } }));
    expect(news).toBe(2);
    jest.advanceTimersByTime(29_000);
    expect(alive(fleet)).toEqual(['p1']);
    jest.advanceTimersByTime(2_000);
    expect([alive(fleet), news]).toEqual([[], 3]);
    cache.set(lease('p1'));
    expect([alive(fleet), news]).toEqual([['p1'], 4]);
    cache.delete('tl/trunkline-proxy-p1');
    expect([alive(fleet), news]).toEqual([[], 5]);
  });

  it('goes by when a renewal was seen, whatever the clock of the proxy says', () => {
    const fleet = watch();
    cache.set(lease('behind', { renewedAgoMs: 600_000 }));
    cache.set(lease('ahead', { renewedAgoMs: -600_000 }));
    expect(alive(fleet)).toEqual(['ahead', 'behind']);
    jest.advanceTimersByTime(31_000);
    expect(alive(fleet)).toEqual([]);
    // What is found at the start counts by its own time, but not longer than it lasts.
    cache.set(lease('behind', { renewedAgoMs: 600_000 }));
    cache.set(lease('ahead', { renewedAgoMs: -600_000 }));
    expect(alive(watch())).toEqual(['ahead']);
    jest.advanceTimersByTime(31_000);
    expect(alive(fleets.at(-1)!)).toEqual([]);
  });

  it('does not take another change of a Lease for a sign of life', () => {
    cache.set(lease('p1', { renewedAgoMs: 29_000 }));
    const fleet = watch();
    const same = cache.get('tl/trunkline-proxy-p1')!;
    cache.set({ ...same, metadata: { ...same.metadata, resourceVersion: 'new', labels: { note: 'x' } } });
    jest.advanceTimersByTime(2_000);
    expect(alive(fleet)).toEqual([]);
  });

  it('knows when an edge was last heard of', () => {
    cache.set(lease('p1', { renewedAgoMs: 90_000 }));
    cache.set(lease('p2', { renewedAgoMs: 60_000 }));
    expect(watch().lastHeard('ashburn')).toEqual(new Date('2026-11-25T07:59:00Z'));
    expect(fleets[0]?.lastHeard('dublin')).toBeUndefined();
  });

  it.each(['', '{', '[]x', 'null', '7'])('takes %j for no acknowledgement', (revisions) => {
    cache.set(lease('p1', { revisions }));
    expect(watch().live()).toMatchObject([{ revisions: {} }]);
  });
});

describe('a verdict on silence', () => {
  it('waits for proxies that are known, after the start and after the API server was away', () => {
    cache.set(lease('p1', { renewedAgoMs: 60_000 }));
    const fleet = watch();
    expect([fleet.mayReturn(), fleet.mayReturn('ashburn'), fleet.mayReturn('dublin')]).toEqual([
      true,
      true,
      false,
    ]);
    jest.advanceTimersByTime(GRACE_MS);
    expect(fleet.mayReturn()).toBe(false);
    view.failingSince = new Date();
    jest.advanceTimersByTime(60_000);
    view.failingSince = undefined;
    jest.advanceTimersByTime(GRACE_MS - 2_000);
    expect(fleet.mayReturn('ashburn')).toBe(true);
    jest.advanceTimersByTime(2_000);
    expect(fleet.mayReturn('ashburn')).toBe(false);
  });

  it('does not wait where there was never a proxy', () => {
    expect(watch().mayReturn()).toBe(false);
  });
});

describe('the health of targets', () => {
  const down = {
    address: 'udp/192.0.2.10:5060',
    healthy: false,
    since: '2026-11-25T07:00:00.000Z',
    lastError: 'no response in 4 s',
  };

  it('is as each proxy tells it; what is new of it is told once, and is no news of the rollout', () => {
    const fleet = watch();
    cache.set(lease('p1', { health: '[]' }));
    [news, healthNews] = [0, 0];
    cache.set(lease('p1', { health: JSON.stringify([down]) }));
    cache.set(lease('p1', { health: JSON.stringify([down]) }));
    expect(fleet.live()).toMatchObject([{ instance: 'p1', health: [down] }]);
    expect({ news, healthNews }).toEqual({ news: 0, healthNews: 1 });
  });

  it.each(['', '{', '{}', 'null', '[7]', '[{"address":"x"}]', JSON.stringify([{ ...down, since: 'today' }])])(
    'takes %j for none',
    (health) => {
      cache.set(lease('p1', { health }));
      expect(watch().live()).toMatchObject([{ health: [] }]);
    },
  );
});
