// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { pino } from 'pino';
import {
  requireKubeTools,
  startKubeApiServer,
  type KubeApiServer,
} from '../../../e2e/src/kube-api-server.ts';
import { KubeClient } from '../api/kube-client.ts';
import { isKubeError, type KubeError } from '../api/kube-error.ts';
import { CONFIG_MAP, EVENT, LEASE, NAMESPACE, type KubeObject, type ResourceKind } from '../api/objects.ts';
import { leadWhile, LeadershipLostError, type ElectionOptions, type Leadership } from '../election/elect.ts';
import type { Lease } from '../election/lease.ts';
import { EventRecorder, type KubeEvent } from '../events/event-recorder.ts';
import { Reflector } from '../reflector/reflector.ts';
import type { ConfigMap } from '../testing/config-maps.ts';
import { changesOf } from '../testing/next-change.ts';
import { Applier } from '../writing/applier.ts';
import { withTransitionTimes, type Condition } from '../writing/conditions.ts';
import { addFinalizer, removeFinalizer } from '../writing/finalizers.ts';

const TIMEOUT_MS = 60_000;
const log = pino({ level: 'silent' });
const WIDGET: ResourceKind = {
  apiVersion: 'test.trunkline.dev/v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
};
const CRD: ResourceKind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
const MAPS_READ = { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] };
const READER = { token: 'reader-token', name: 'reader' };

interface Widget extends KubeObject {
  spec?: { size: number };
  status?: { conditions?: Condition[] };
}

const configOf = (text: string): KubeConfig => {
  const config = new KubeConfig();
  config.loadFromString(text);
  return config;
};

const failure = async (promise: Promise<unknown>): Promise<KubeError> => {
  try {
    await promise;
  } catch (error) {
    if (isKubeError(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
};

const until = async (what: () => boolean | Promise<boolean>) => {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 20));
};

(requireKubeTools('kube-apiserver', 'etcd') ? describe : describe.skip)('on a real API server', () => {
  let server: KubeApiServer;
  let client: KubeClient;
  let namespace: string;
  let count = 0;
  let stop: AbortController;
  const runs: Promise<unknown>[] = [];

  beforeAll(async () => {
    server = await startKubeApiServer({ users: [READER] });
    client = new KubeClient(configOf(server.kubeconfigFor('admin')));
    await client.create(CRD, widgetDefinition());
    await until(async () => {
      const crd = await client.get<Widget>(CRD, { name: 'widgets.test.trunkline.dev' });
      return (
        crd.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ??
        false
      );
    });
  }, TIMEOUT_MS);

  afterAll(async () => {
    await client.close();
    await server.stop();
  }, TIMEOUT_MS);

  beforeEach(async () => {
    count += 1;
    namespace = `test-${count}`;
    stop = new AbortController();
    await client.create(NAMESPACE, { metadata: { name: namespace } });
  });

  afterEach(async () => {
    stop.abort();
    await Promise.allSettled(runs.splice(0));
  });

  const reflect = <T extends KubeObject>(kind: ResourceKind, more = {}) => {
    const reflector = new Reflector<T>({ client, kind, namespace, log, ...more });
    const next = changesOf(reflector.cache);
    runs.push(reflector.run(stop.signal));
    return { reflector, next };
  };

  it(
    'reflects 1,100 objects in pages, follows changes, and goes on after the server was killed',
    async () => {
      const names = Array.from({ length: 1_100 }, (_, i) => `map-${i}`);
      for (let i = 0; i < names.length; i += 50) {
        await Promise.all(
          names.slice(i, i + 50).map((name) => client.create(CONFIG_MAP, { metadata: { name, namespace } })),
        );
      }
      const { reflector, next } = reflect<ConfigMap>(CONFIG_MAP);
      await reflector.synced;
      expect(reflector.cache.size).toBe(1_100);
      expect(reflector.cache.get(`${namespace}/map-7`)?.metadata).not.toHaveProperty('managedFields');
      for (let heard = 0; heard < names.length; heard += 1) await next();

      const made = await client.create<ConfigMap>(CONFIG_MAP, { metadata: { name: 'new', namespace } });
      expect(await next()).toBe(`+${namespace}/new@${made.metadata.resourceVersion}`);
      await client.delete(CONFIG_MAP, { namespace, name: 'new' });
      expect(await next()).toBe(`-${namespace}/new`);

      await server.stopApi('SIGKILL');
      await until(() => reflector.failingSince !== undefined);
      expect(reflector.cache.size).toBe(1_100);
      await server.startApi();
      const later = await client.create<ConfigMap>(CONFIG_MAP, { metadata: { name: 'later', namespace } });
      expect(await next()).toBe(`+${namespace}/later@${later.metadata.resourceVersion}`);
    },
    TIMEOUT_MS,
  );

  it(
    'selects by label and by name',
    async () => {
      await client.create(CONFIG_MAP, { metadata: { name: 'a', namespace, labels: { shard: 'yes' } } });
      await client.create(CONFIG_MAP, { metadata: { name: 'b', namespace } });
      const labelled = reflect(CONFIG_MAP, { labelSelector: 'shard=yes' }).reflector;
      const named = reflect(CONFIG_MAP, { fieldSelector: 'metadata.name=b' }).reflector;
      await Promise.all([labelled.synced, named.synced]);
      expect(labelled.cache.list().map(({ metadata }) => metadata.name)).toEqual(['a']);
      expect(named.cache.list().map(({ metadata }) => metadata.name)).toEqual(['b']);
    },
    TIMEOUT_MS,
  );

  it(
    'is refused what RBAC does not allow, and reads as soon as it may',
    async () => {
      const reader = new KubeClient(configOf(server.kubeconfigFor(READER)));
      try {
        expect(await failure(reader.list(CONFIG_MAP, { namespace }))).toMatchObject({
          status: 403,
          reason: 'Forbidden',
        });
        const { reflector } = reflect(CONFIG_MAP, { client: reader });
        await until(() => reflector.failingSince !== undefined);
        const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', namespaced: true };
        const role = { metadata: { name: 'reader', namespace }, rules: [MAPS_READ] };
        const binding = {
          metadata: { name: 'reader', namespace },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }],
        };
        await client.create({ ...rbac, kind: 'Role', plural: 'roles' }, role);
        await client.create({ ...rbac, kind: 'RoleBinding', plural: 'rolebindings' }, binding);
        await reflector.synced;
        expect((await failure(reader.delete(CONFIG_MAP, { namespace, name: 'x' }))).status).toBe(403);
      } finally {
        await reader.close();
      }
    },
    TIMEOUT_MS,
  );

  it(
    'applies once, skips what is unchanged, puts back what was edited by hand, takes off what is not wanted any more',
    async () => {
      const { reflector, next } = reflect<ConfigMap>(CONFIG_MAP);
      const applier = new Applier({ client, fieldManager: 'operator' });
      const wanted = (data: Record<string, string>) => ({ metadata: { name: 'shard', namespace }, data });
      const apply = (data: Record<string, string>) =>
        applier.apply({
          kind: CONFIG_MAP,
          object: wanted(data),
          live: reflector.cache.get(`${namespace}/shard`),
        });
      expect(await apply({ a: '1', b: '2' })).toBe('applied');
      await next();
      expect(await apply({ b: '2', a: '1' })).toBe('unchanged');

      const edit = { data: { a: 'edited' } };
      await client.mergePatch(CONFIG_MAP, { namespace, name: 'shard' }, edit);
      await next();
      expect(await apply({ a: '1', b: '2' })).toBe('applied');
      await next();
      expect(await apply({ a: '1', b: '2' })).toBe('unchanged');
      const behind = reflector.cache.get(`${namespace}/shard`);
      expect(await apply({ a: '1' })).toBe('applied');
      // The cache may tell of our earlier write for a while; that is no reason to write again.
      const again = () => applier.apply({ kind: CONFIG_MAP, object: wanted({ a: '1' }), live: behind });
      expect(await again()).toBe('unchanged');
      await next();
      expect(await apply({ a: '1' })).toBe('unchanged');
      expect(await again()).toBe('applied');
      const live = await client.get<ConfigMap>(CONFIG_MAP, { namespace, name: 'shard' });
      expect(live.data).toEqual({ a: '1' });
      const guarded = new Applier({ client, fieldManager: 'operator', mayWrite: () => false });
      await expect(guarded.apply({ kind: CONFIG_MAP, object: wanted({}) })).rejects.toThrow('not the leader');
    },
    TIMEOUT_MS,
  );

  it(
    'applies a status: without a new generation, with times kept, and never creating what is gone',
    async () => {
      const applier = new Applier({ client, fieldManager: 'operator' });
      const made = await client.create<Widget>(WIDGET, {
        metadata: { name: 'w', namespace },
        spec: { size: 1 },
      });
      const status = (live: Widget, value: 'True' | 'False', reason: string) => {
        const wanted = { type: 'Ready', status: value, reason, message: '', observedGeneration: 1 };
        return { conditions: withTransitionTimes([wanted], live.status?.conditions) };
      };
      const apply = (live: Widget | undefined, of: { conditions: Condition[] }) =>
        applier.applyStatus({
          kind: WIDGET,
          object: { metadata: { name: 'w', namespace }, status: of },
          live,
        });
      const first = status(made, 'False', 'Pending');
      expect(await apply(made, first)).toBe('applied');
      const live = await client.get<Widget>(WIDGET, { namespace, name: 'w' });
      expect(live.status).toEqual(first);
      expect(live.metadata.generation).toBe(1);
      expect(live.spec).toEqual({ size: 1 });
      expect(await apply(live, status(live, 'False', 'Pending'))).toBe('unchanged');
      expect(await apply(live, status(live, 'True', 'Ready'))).toBe('applied');
      const other = status(live, 'False', 'Other');

      await client.delete(WIDGET, { namespace, name: 'w' });
      expect((await failure(apply(live, other))).isNotFound).toBe(true);
      expect(await apply(undefined, first)).toBe('unchanged');
    },
    TIMEOUT_MS,
  );

  it(
    'protects by finalizers, without losing those of others or bringing back what is gone',
    async () => {
      const ref = { namespace, name: 'w' };
      const of = (object: Widget) => ({ client, kind: WIDGET, object, finalizer: 'trunkline.dev/test' });
      const made = await client.create<Widget>(WIDGET, { metadata: ref, spec: { size: 1 } });
      const held = await addFinalizer(of(made));
      expect(await addFinalizer(of(held))).toBe(held);
      const others = { metadata: { finalizers: ['trunkline.dev/test', 'example.com/other'] } };
      const both = await client.mergePatch<Widget>(WIDGET, ref, others);
      // What we know is old: it would take the other's finalizer off.
      expect((await failure(removeFinalizer(of(held)))).isConflict).toBe(true);
      await client.delete(WIDGET, ref);
      await removeFinalizer(of(await client.get<Widget>(WIDGET, ref)));
      const last = await client.get<Widget>(WIDGET, ref);
      expect(last.metadata.finalizers).toEqual(['example.com/other']);
      expect(await addFinalizer(of(last))).toBe(last);
      await removeFinalizer({ ...of(last), finalizer: 'example.com/other' });
      await removeFinalizer(of(both));
      expect((await failure(addFinalizer(of(made)))).isNotFound).toBe(true);
      expect((await failure(client.get(WIDGET, ref))).isNotFound).toBe(true);
    },
    TIMEOUT_MS,
  );

  it(
    'writes an event once, counts it up, combines similar ones, and makes it again when it has expired',
    async () => {
      const recorder = new EventRecorder({
        client,
        controller: 'trunkline.dev/test',
        instance: 'pod-1',
        log,
      });
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace, uid: 'u' } };
      const say = (note: string) => {
        recorder.record(object, { type: 'Warning', reason: 'Refused', action: 'Compile', note });
      };
      const events = async () => {
        await recorder.flush();
        return (await client.list<KubeEvent>(EVENT, { namespace })).items;
      };
      for (let i = 0; i < 3; i += 1) say('the same');
      const [only, ...none] = await events();
      expect(none).toEqual([]);
      expect(only).toMatchObject({
        ...{ reason: 'Refused', action: 'Compile', note: 'the same', type: 'Warning' },
        ...{ reportingController: 'trunkline.dev/test', reportingInstance: 'pod-1', series: { count: 3 } },
        regarding: { kind: 'ConfigMap', name: 'a', namespace, uid: 'u' },
      });
      await client.delete(EVENT, { namespace, name: only?.metadata.name ?? '' });
      say('the same');
      expect(await events()).toHaveLength(1);
      for (let i = 0; i < 13; i += 1) say(`${i} ${'ç'.repeat(2_000)}`);
      const all = await events();
      const combined = all.filter(({ note }) => note.startsWith('(combined from similar events)'));
      expect(combined).toHaveLength(1);
      expect(combined[0]?.series?.count).toBe(4);
      expect(all).toHaveLength(11);
    },
    TIMEOUT_MS,
  );

  describe('leader election', () => {
    const TIMING = { leaseMs: 3_000, renewDeadlineMs: 2_000, retryMs: 300, jitter: 0.2 };

    /** A candidate that leads until told otherwise. */
    const candidate = (identity: string, more: Partial<ElectionOptions> = {}) => {
      const own = new AbortController();
      const led = Promise.withResolvers<Leadership>();
      const stopped = Promise.withResolvers<number>();
      const options = { client, lease: { namespace, name: 'op' }, identity, timing: TIMING, log, ...more };
      const work = (leadership: Leadership) => {
        led.resolve(leadership);
        return new Promise<void>((resolve) => {
          leadership.signal.addEventListener('abort', () => {
            stopped.resolve(performance.now());
            resolve();
          });
        });
      };
      const ended = leadWhile(options, work, AbortSignal.any([own.signal, stop.signal]));
      ended.catch(() => undefined);
      runs.push(ended);
      return {
        led: led.promise,
        stopped: stopped.promise,
        ended,
        abort: () => {
          own.abort();
        },
      };
    };
    const lease = () => client.get<Lease>(LEASE, { namespace, name: 'op' });

    it(
      'has one leader; it gives the lease back, and the next one leads at once',
      async () => {
        // So long that nobody gets it by waiting.
        const first = candidate('one', {
          timing: { ...TIMING, leaseMs: 600_000, renewDeadlineMs: 500_000 },
        });
        const leadership = await first.led;
        const second = candidate('two');
        let secondLeads = false;
        void second.led.then(() => {
          secondLeads = true;
        });
        const renewed = (await lease()).spec?.renewTime;
        await until(async () => (await lease()).spec?.renewTime !== renewed);
        expect((await lease()).spec).toMatchObject({ holderIdentity: 'one', leaseDurationSeconds: 600 });
        expect(secondLeads).toBe(false);
        expect(leadership.isHeld()).toBe(true);
        first.abort();
        await first.ended;
        await second.led;
        expect((await lease()).spec).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
      },
      TIMEOUT_MS,
    );

    it(
      'is led by another once a leader that cannot reach the server has stopped, and not before',
      async () => {
        // Its client is cut off, as a machine without network is: nothing is released.
        const lost = new KubeClient(configOf(server.kubeconfigFor('admin')));
        const first = candidate('one', { client: lost });
        const leadership = await first.led;
        const second = candidate('two');
        await lost.close();
        const stoppedAt = first.stopped;
        const [, secondAt] = await Promise.all([stoppedAt, second.led.then(() => performance.now())]);
        expect(await stoppedAt).toBeLessThan(secondAt);
        await expect(first.ended).rejects.toThrow(LeadershipLostError);
        expect(leadership.isHeld()).toBe(false);
      },
      TIMEOUT_MS,
    );

    it(
      'stops at once where somebody else has taken the lease',
      async () => {
        const first = candidate('one');
        await first.led;
        await until(async () => {
          const held = await lease();
          const taken = { ...held, spec: { ...held.spec, holderIdentity: 'thief' } };
          return client.replace(LEASE, taken).then(
            () => true,
            () => false,
          );
        });
        await expect(first.ended).rejects.toThrow(LeadershipLostError);
      },
      TIMEOUT_MS,
    );

    it(
      'lets exactly one of ten lead at any time, while they come and go',
      async () => {
        let leading = 0;
        let terms = 0;
        const contend = async (identity: string) => {
          const options = { client, lease: { namespace, name: 'op' }, identity, log };
          const timing = { ...TIMING, retryMs: 20 };
          await leadWhile(
            { ...options, timing },
            async () => {
              leading += 1;
              terms += 1;
              expect(leading).toBe(1);
              await new Promise((resolve) => setTimeout(resolve, 30));
              leading -= 1;
            },
            stop.signal,
          );
        };
        await Promise.all(Array.from({ length: 10 }, (_, i) => contend(`c${i}`)));
        expect(terms).toBe(10);
      },
      TIMEOUT_MS,
    );
  });
});

function widgetDefinition(): KubeObject {
  const object = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    metadata: { name: 'widgets.test.trunkline.dev' },
    spec: {
      group: 'test.trunkline.dev',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
      versions: [
        {
          name: 'v1',
          ...{ served: true, storage: true, subresources: { status: {} } },
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: object, status: object } } },
        },
      ],
    },
  } as KubeObject;
}
