// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Kind } from '@trunkline/crds';
import { resource, trunk } from '../compile/fixtures.ts';
import { FleetHealth } from './fleet-health.ts';
import type { LiveResource } from './live-resource.ts';
import type { LiveProxy } from './proxy-fleet.ts';

const down = (address: string) => ({
  address,
  healthy: false,
  since: '2026-11-25T07:00:00.000Z',
  lastError: 'no response in 4 s',
});
const pbx = resource('OriginationUri', 'acme/pbx', {
  trunkRef: { name: 'main' },
  sipUri: 'sip:192.0.2.10',
});
const carrier = resource('Carrier', 'pstn', {
  gateways: [{ host: '192.0.2.20', transport: 'udp', enabled: true, priority: 10, weight: 10 }],
  prefixes: ['+'],
  codecs: [],
});

let secure: boolean;
let proxies: LiveProxy[];
let enqueued: string[];
let health: FleetHealth;

beforeEach(() => {
  jest.useFakeTimers();
  secure = false;
  proxies = [];
  enqueued = [];
  const all: Partial<Record<Kind, LiveResource[]>> = { OriginationUri: [pbx], Carrier: [carrier] };
  const resources = {
    get: () => ({ ...trunk('acme/main', 'main', { secure }) }) as LiveResource,
    list: (kind?: Kind) => (kind && all[kind]) ?? [],
  };
  health = new FleetHealth(
    () => proxies,
    resources,
    (key) => enqueued.push(key),
  );
});
afterEach(() => {
  health.close();
  jest.useRealTimers();
});

describe('what the proxies say of targets', () => {
  it('is too early to be told at first, then is looked at, of all that lead somewhere', () => {
    expect(health.of(pbx)).toBeUndefined();
    proxies = [{ instance: 'p', edge: 'ashburn', revisions: {}, health: [down('udp/192.0.2.10:5060')] }];
    jest.advanceTimersByTime(1_000);
    expect(enqueued).toEqual(['Carrier/pstn', 'OriginationUri/acme/pbx']);
    expect(health.of(pbx)).toMatchObject([
      { address: 'udp/192.0.2.10:5060', healthy: false, edge: 'ashburn' },
    ]);
    expect(health.of(carrier)).toEqual([]);
    expect(health.of(trunk('acme/main', 'main'))).toEqual([]);
  });

  it('is looked at once for all that is told within a second', () => {
    jest.advanceTimersByTime(1_000);
    enqueued.length = 0;
    for (let i = 0; i < 20; i += 1) health.changed();
    jest.advanceTimersByTime(10_000);
    expect(enqueued).toHaveLength(2);
  });

  it('is that of the TLS port for a secure trunk', () => {
    secure = true;
    proxies = [{ instance: 'p', edge: 'ashburn', revisions: {}, health: [down('tls/192.0.2.10:5061')] }];
    jest.advanceTimersByTime(1_000);
    expect(health.of(pbx)).toMatchObject([{ address: 'tls/192.0.2.10:5061' }]);
  });
});
