// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isEqual, KubeError, type Applied, type ApplyRequest } from '@trunkline/kube';
import { pino } from 'pino';
import { compiled, resource, trunk } from '../compile/fixtures.ts';
import type { Compilation } from '../compile/compile.ts';
import type { AddressHealth } from '../status/target-health.ts';
import type { LiveResource } from './live-resource.ts';
import type { LiveProxy } from './proxy-fleet.ts';
import type { Verdict } from './rollout.ts';
import { StatusWriter } from './status-writer.ts';

const log = pino({ level: 'silent' });
const GOOD: Verdict = {
  state: { status: 'True', reason: 'Programmed', message: 'all' },
  waitMs: 0,
};

interface Written {
  status: {
    conditions: { type: string; status: string; reason: string; lastTransitionTime: string }[];
  } & Record<string, unknown>;
}

let live: Map<string, LiveResource>;
let compilation: Compilation;
let verdict: Verdict;
let health: AddressHealth[] | undefined;
let edge: { proxies: LiveProxy[]; missingSince: Date | undefined };
let written: Written[];
let events: string[];
let wake: () => void;
let failure: Error | undefined;
let stop: AbortController;
let writer: StatusWriter;
let running: Promise<void>;

beforeEach(() => {
  [live, written, events] = [new Map(), [], []];
  verdict = GOOD;
  failure = undefined;
  health = undefined;
  edge = { proxies: [], missingSince: undefined };
  wake = () => undefined;
  stop = new AbortController();
  writer = new StatusWriter({
    applier: { applyStatus: apply },
    resource: (key) => live.get(key),
    compiled: (key) => compilation.statuses.get(key),
    verdict: () => verdict,
    edge: () => edge,
    health: () => health,
    events: { record: (object, { reason }) => events.push(`${object.metadata.name} ${reason}`) },
    log,
  });
  running = writer.run(stop.signal);
});
afterEach(async () => {
  stop.abort();
  await running;
});

/** As the real one: what says the same already is not written. */
const apply = async ({ object, live: before }: ApplyRequest): Promise<Applied> => {
  if (failure) {
    const error = failure;
    failure = undefined;
    wake();
    throw error;
  }
  if (isEqual((before as unknown as Written | undefined)?.status, object['status'])) {
    wake();
    return 'unchanged';
  }
  written.push(object as unknown as Written);
  wake();
  return 'applied';
};

const have = (...resources: ReturnType<typeof trunk>[]) => {
  compilation = compiled(resources);
  for (const one of resources) {
    const { namespace, name } = one.metadata;
    live.set(`${one.kind}/${namespace === undefined ? '' : `${namespace}/`}${name}`, one);
  }
};

/** Resolves when the status of the key has been looked at. */
const reconcile = async (key: string): Promise<void> => {
  await new Promise<void>((resolve) => {
    wake = resolve;
    writer.enqueue(key);
  });
  // The writer goes on before we do.
  await new Promise(setImmediate);
};
const conditions = (at = -1) =>
  Object.fromEntries(
    (written.at(at)?.status.conditions ?? []).map(({ type, status, reason }) => [
      type,
      `${status} ${reason}`,
    ]),
  );
/** As if the API server had taken what was written last. */
const accepted = (key: string, more: object = {}) => {
  live.set(key, {
    ...live.get(key)!,
    status: { ...written.at(-1)!.status, ...more },
  } as unknown as LiveResource);
};

describe('a status', () => {
  it('is what compiling and the proxies say', async () => {
    have(trunk('acme/main', 'main'));
    await reconcile('Trunk/acme/main');
    expect(conditions()).toEqual({
      Accepted: 'True Accepted',
      ResolvedRefs: 'True ResolvedRefs',
      Programmed: 'True Programmed',
      Ready: 'True Ready',
      Stalled: 'False NotStalled',
    });
    expect(written[0]).toMatchObject({
      metadata: { namespace: 'acme', name: 'main' },
      status: { sid: expect.stringMatching(/^TK/), observedGeneration: 1 },
    });
  });

  it('is written once, and keeps the times of what has not changed', async () => {
    have(trunk('acme/main', 'main'));
    await reconcile('Trunk/acme/main');
    const then = '2020-01-01T00:00:00Z';
    for (const condition of written[0]!.status.conditions) condition.lastTransitionTime = then;
    accepted('Trunk/acme/main');
    await reconcile('Trunk/acme/main');
    expect(written.length).toBe(1);
    verdict = { state: { status: 'False', reason: 'Pending', message: 'p2' }, waitMs: 0 };
    await reconcile('Trunk/acme/main');
    const times = Object.fromEntries(
      written[1]!.status.conditions.map((one) => [one.type, one.lastTransitionTime === then]),
    );
    expect(times).toEqual({
      Accepted: true,
      ResolvedRefs: true,
      Programmed: false,
      Ready: false,
      Stalled: true,
      Reconciling: false,
    });
  });

  it('waits while it is too early for a verdict', async () => {
    have(trunk('acme/main', 'main'));
    verdict = { state: { status: 'False', reason: 'Pending', message: '' }, waitMs: 50 };
    const done = reconcile('Trunk/acme/main');
    await new Promise(setImmediate);
    expect(written).toEqual([]);
    verdict = GOOD;
    await done;
    expect(conditions()).toMatchObject({ Programmed: 'True Programmed' });
  });

  it('leaves alone what others write into it', async () => {
    have(resource('OutgoingCallerId', 'acme/mobile', { number: '+15550199' }));
    await reconcile('OutgoingCallerId/acme/mobile');
    accepted('OutgoingCallerId/acme/mobile', { verified: true, verifiedAt: '2026-11-25T08:00:00Z' });
    await reconcile('OutgoingCallerId/acme/mobile');
    expect(written.length).toBe(1);
    expect(written[0]!.status).not.toHaveProperty('verified');
  });

  it('of a resource that is gone, or deleted meanwhile, is nobody’s business', async () => {
    have(trunk('acme/main', 'main'));
    failure = new KubeError({ code: 'refused', status: 404, message: 'gone' });
    await reconcile('Trunk/acme/main');
    live.clear();
    writer.enqueue('Trunk/acme/main');
    await new Promise(setImmediate);
    expect(written).toEqual([]);
  });

  it('is tried again after a failure', async () => {
    have(trunk('acme/main', 'main'));
    failure = new KubeError({ code: 'unreachable', message: 'no answer' });
    await reconcile('Trunk/acme/main');
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    expect(written.length).toBe(1);
  });

  it('makes an event of what has just gone wrong, once', async () => {
    have(resource('PhoneNumber', 'acme/main', { number: '+15550100', trunkRef: { name: 'none' } }));
    await reconcile('PhoneNumber/acme/main');
    expect(events).toEqual(['main TrunkNotFound']);
    accepted('PhoneNumber/acme/main', { number: 'changed by hand' });
    await reconcile('PhoneNumber/acme/main');
    expect(written.length).toBe(2);
    expect(events).toEqual(['main TrunkNotFound']);
  });
});

describe('the status of an Edge', () => {
  const ashburn = () => resource('Edge', 'ashburn', { signalling: { addresses: ['192.0.2.1'] } });
  const proxy = (instance: string, revisions: Record<string, string>): LiveProxy => ({
    ...{ instance, edge: 'ashburn', revisions },
  });

  it('counts its proxies, and keeps what all of them have applied last', async () => {
    have(ashburn());
    edge.proxies = [proxy('p1', { global: '1', '3f': '2' }), proxy('p2', { '3f': '2', global: '1' })];
    await reconcile('Edge/ashburn');
    const first = written[0]!.status;
    expect(first).toMatchObject({ replicas: 2, programmedRevision: expect.stringMatching(/^[0-9a-f]{12}$/) });
    expect(conditions()).toMatchObject({ Ready: 'True Ready' });
    accepted('Edge/ashburn');
    edge.proxies = [proxy('p1', { global: '2' }), proxy('p2', { global: '1' }), proxy('p3', {})];
    await reconcile('Edge/ashburn');
    expect(written[1]!.status).toMatchObject({
      replicas: 3,
      programmedRevision: first['programmedRevision'],
    });
  });

  it('says since when none is alive, in the time of its condition as well', async () => {
    have(ashburn());
    edge.missingSince = new Date('2026-11-25T07:00:00Z');
    await reconcile('Edge/ashburn');
    expect(conditions()).toMatchObject({ Accepted: 'True Accepted', Ready: 'False NoProxy' });
    const ready = written[0]!.status.conditions.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({
      lastTransitionTime: '2026-11-25T07:00:00Z',
      message: 'No proxy of the edge is alive since 2026-11-25T07:00:00Z. Start one, or look at its log.',
    });
  });
});

describe('the status of an OriginationUri and a Carrier', () => {
  const down: AddressHealth = {
    address: 'udp/192.0.2.10:5060',
    healthy: false,
    lastChange: '2026-11-25T07:00:00.000Z',
    edge: 'ashburn',
    reason: 'no response in 4 s',
  };
  const pbx = () =>
    resource('OriginationUri', 'acme/pbx', { trunkRef: { name: 'main' }, sipUri: 'sip:192.0.2.10' });
  const key = 'OriginationUri/acme/pbx';

  it('says what the proxies say of the addresses, until nobody says anything', async () => {
    have(trunk('acme/main', 'main'), pbx());
    health = [down];
    await reconcile(key);
    expect(written[0]!.status).toMatchObject({ addresses: [down] });
    accepted(key);
    await reconcile(key);
    expect(written.length).toBe(1);
    // A new leader has heard nothing yet.
    health = undefined;
    await reconcile(key);
    expect(written.length).toBe(1);
    health = [];
    await reconcile(key);
    expect(written[1]!.status).not.toHaveProperty('addresses');
  });

  it('says it of gateways', async () => {
    const gateways = [{ host: '192.0.2.10', transport: 'udp', enabled: true, priority: 10, weight: 10 }];
    have(resource('Carrier', 'pstn', { gateways, prefixes: ['+'], codecs: [] }));
    health = [down];
    await reconcile('Carrier/pstn');
    expect(written[0]!.status).toMatchObject({ gateways: [down] });
  });
});
