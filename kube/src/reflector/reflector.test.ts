// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { KubeClient } from '../api/kube-client.ts';
import { CONFIG_MAP } from '../api/objects.ts';
import { createReflectorMetrics, type ReflectorMetrics } from '../observe/reflector-metrics.ts';
import { bookmark, configMap, type ConfigMap } from '../testing/config-maps.ts';
import { changesOf } from '../testing/next-change.ts';
import {
  startScriptedApi,
  statusObject,
  type ScriptedApi,
  type ScriptedRequest,
} from '../testing/scripted-api.ts';
import { Reflector } from './reflector.ts';
import type { ReflectorTiming } from './timing.ts';

const TIMEOUT_MS = 60_000;

/** Fast, exact waits; a watch is healthy from the start unless a test says otherwise. */
const TIMING: Partial<ReflectorTiming> = {
  healthyMs: 0,
  backOff: { firstMs: 10, maxMs: 40, jitter: 0 },
};

describe('Reflector', () => {
  let api: ScriptedApi;
  let client: KubeClient;
  let registry: Registry;
  let metrics: ReflectorMetrics;
  let stop: AbortController;
  let runs: Promise<void>[];

  beforeEach(async () => {
    api = await startScriptedApi();
    client = new KubeClient(api.config);
    registry = new Registry();
    metrics = createReflectorMetrics(registry);
    stop = new AbortController();
    runs = [];
  });

  afterEach(async () => {
    stop.abort();
    await Promise.all(runs);
    await client.close();
    await api.close();
  });

  const start = (timing: Partial<ReflectorTiming> = {}, more = {}) => {
    const reflector = new Reflector<ConfigMap>({
      client,
      kind: CONFIG_MAP,
      namespace: 'acme',
      timing: { ...TIMING, ...timing },
      log: pino({ level: 'silent' }),
      metrics,
      ...more,
    });
    const next = changesOf(reflector.cache);
    runs.push(reflector.run(stop.signal));
    return { reflector, next };
  };

  /** The list answered with `a`, at version 10; gives the watch that follows. */
  const listed = async (): Promise<ScriptedRequest> => {
    (await api.next()).list([configMap('a', '5')], '10');
    return api.next();
  };

  it(
    'lists in pages of the snapshot, then watches from the first page with bookmarks and a random end',
    async () => {
      const { reflector, next } = start();
      const first = await api.next();
      expect(first.path).toBe('/api/v1/namespaces/acme/configmaps');
      expect(first.query.get('limit')).toBe('500');
      expect(first.isWatch).toBe(false);
      first.list([configMap('a', '5')], '10', 'token-1');
      const second = await api.next();
      expect(second.query.get('continue')).toBe('token-1');
      expect(reflector.hasSynced).toBe(false);
      second.list([configMap('b', '7')], '11');
      await reflector.synced;
      expect([await next(), await next()]).toEqual(['+acme/a@5', '+acme/b@7']);

      const watch = await api.next();
      expect(Object.fromEntries(watch.query)).toMatchObject({
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: '10',
      });
      const seconds = Number(watch.query.get('timeoutSeconds'));
      expect(seconds).toBeGreaterThanOrEqual(300);
      expect(seconds).toBeLessThanOrEqual(600);
      expect(watch.headers.authorization).toBe('Bearer test-token');
      expect(reflector.cache.get('acme/b')).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    },
    TIMEOUT_MS,
  );

  it(
    'follows events, and goes on from the last version, a bookmark also, when the server ends the watch',
    async () => {
      const { reflector, next } = start();
      const watch = await listed();
      expect(await next()).toBe('+acme/a@5');
      watch.event('ADDED', configMap('b', '11'));
      watch.event('MODIFIED', configMap('a', '12', { x: 'y' }));
      watch.event('DELETED', configMap('b', '13'));
      watch.event('BOOKMARK', bookmark('20'));
      watch.end();
      expect([await next(), await next(), await next()]).toEqual(['+acme/b@11', '+acme/a@12', '-acme/b']);
      const again = await api.next();
      expect(again.isWatch).toBe(true);
      expect(again.query.get('resourceVersion')).toBe('20');
      expect(reflector.cache.get('acme/a')?.data).toEqual({ x: 'y' });
    },
    TIMEOUT_MS,
  );

  it(
    'passes selectors to the list and to the watch',
    async () => {
      start({}, { labelSelector: 'a=b', fieldSelector: 'metadata.name=x' });
      const list = await api.next();
      list.list([], '1');
      for (const { query } of [list, await api.next()]) {
        expect(query.get('labelSelector')).toBe('a=b');
        expect(query.get('fieldSelector')).toBe('metadata.name=x');
      }
    },
    TIMEOUT_MS,
  );

  it(
    'lists again after an ERROR event 410, and tells what the watch had missed',
    async () => {
      const { next } = start();
      const watch = await listed();
      expect(await next()).toBe('+acme/a@5');
      watch.event('ERROR', statusObject(410, 'Expired'));
      const list = await api.next();
      expect(list.isWatch).toBe(false);
      list.list([configMap('b', '21')], '22');
      expect([await next(), await next()]).toEqual(['-acme/a', '+acme/b@21']);
      expect((await api.next()).query.get('resourceVersion')).toBe('22');
    },
    TIMEOUT_MS,
  );

  it(
    'lists again when the watch is answered 410',
    async () => {
      start();
      (await listed()).refuse(410, 'Gone');
      expect((await api.next()).isWatch).toBe(false);
    },
    TIMEOUT_MS,
  );

  it(
    'takes the whole list at once where its pages expire',
    async () => {
      const { reflector } = start();
      (await api.next()).list([configMap('a', '5')], '10', 'old');
      (await api.next()).refuse(410, 'Expired');
      const whole = await api.next();
      expect(whole.query.has('limit')).toBe(false);
      expect(whole.query.has('continue')).toBe(false);
      whole.list([configMap('a', '5'), configMap('c', '6')], '30');
      await reflector.synced;
      expect(reflector.cache.size).toBe(2);
      expect((await api.next()).query.get('resourceVersion')).toBe('30');
    },
    TIMEOUT_MS,
  );

  it(
    'goes on from the last whole event after a reset in mid-line',
    async () => {
      const { reflector, next } = start();
      const watch = await listed();
      expect(await next()).toBe('+acme/a@5');
      watch.event('MODIFIED', configMap('a', '11'));
      await watch.raw(JSON.stringify({ type: 'MODIFIED', object: configMap('a', '12') }).slice(0, -9));
      expect(await next()).toBe('+acme/a@11');
      watch.reset();
      const again = await api.next();
      expect(again.isWatch).toBe(true);
      expect(again.query.get('resourceVersion')).toBe('11');
      again.event('MODIFIED', configMap('a', '12'));
      expect(await next()).toBe('+acme/a@12');
      expect(reflector.failingSince).toBeUndefined();
      expect(await registry.getSingleMetricAsString('reflector_failures_total')).toContain(
        'reflector_failures_total{name="ConfigMap",reason="unreachable"} 1',
      );
    },
    TIMEOUT_MS,
  );

  it(
    'does not take the end of the connection in mid-line for an event',
    async () => {
      start();
      const watch = await listed();
      await watch.raw(JSON.stringify({ type: 'BOOKMARK', object: bookmark('99') }));
      watch.end();
      expect((await api.next()).query.get('resourceVersion')).toBe('10');
    },
    TIMEOUT_MS,
  );

  it(
    'survives any number of 500 and resets while it lists and while it watches again',
    async () => {
      const { reflector, next } = start();
      (await api.next()).refuse(500, 'InternalError');
      (await api.next()).reset();
      (await api.next()).refuse(503, 'ServiceUnavailable');
      (await api.next()).json(502, '<html>');
      expect(reflector.failingSince).toBeInstanceOf(Date);
      const watch = await listed();
      expect(await next()).toBe('+acme/a@5');
      watch.end();
      for (let i = 0; i < 4; i += 1) (await api.next()).refuse(500, 'InternalError');
      const again = await api.next();
      expect(again.isWatch).toBe(true);
      expect(again.query.get('resourceVersion')).toBe('10');
      again.event('MODIFIED', configMap('a', '40'));
      expect(await next()).toBe('+acme/a@40');
    },
    TIMEOUT_MS,
  );

  it(
    'lists again where a server keeps refusing to watch from its version',
    async () => {
      start({ refusalsBeforeList: 3 });
      const watch = await listed();
      watch.refuse(504, 'Timeout');
      (await api.next()).refuse(504, 'Timeout');
      (await api.next()).refuse(504, 'Timeout');
      expect((await api.next()).isWatch).toBe(false);
    },
    TIMEOUT_MS,
  );

  it.each([
    ['no JSON', '{"type":"ADDED"\n'],
    ['no event', '[1, 2]\n'],
    ['null', 'null\n'],
    ['no object', '{"type":"ADDED","object":null}\n'],
    ['no version', '{"type":"MODIFIED","object":{"metadata":{"name":"a"}}}\n'],
    ['no name', '{"type":"MODIFIED","object":{"metadata":{"resourceVersion":"8"}}}\n'],
    ['HTML', '<html><body>Please log in</body></html>\n'],
  ])(
    'lists again where the stream says garbage: %s',
    async (_, garbage) => {
      const { next } = start();
      const watch = await listed();
      expect(await next()).toBe('+acme/a@5');
      await watch.raw(garbage);
      const list = await api.next();
      expect(list.isWatch).toBe(false);
      list.list([configMap('a', '50')], '50');
      expect(await next()).toBe('+acme/a@50');
    },
    TIMEOUT_MS,
  );

  it(
    'asks again where the list is garbage',
    async () => {
      const { reflector } = start();
      (await api.next()).json(200, 'hello');
      (await api.next()).json(200, { items: 'many', metadata: { resourceVersion: '1' } });
      (await api.next()).json(200, { items: [] });
      (await api.next()).list([], '1');
      await reflector.synced;
    },
    TIMEOUT_MS,
  );

  it(
    'ignores event types of the future, but notes their version',
    async () => {
      start();
      const watch = await listed();
      watch.event('SURPRISE', configMap('z', '60'));
      watch.end();
      expect((await api.next()).query.get('resourceVersion')).toBe('60');
    },
    TIMEOUT_MS,
  );

  it(
    'puts characters together that span two chunks',
    async () => {
      const { reflector, next } = start();
      const watch = await listed();
      expect(await next()).toBe('+acme/a@5');
      const line = Buffer.from(
        `${JSON.stringify({ type: 'MODIFIED', object: configMap('a', '11', { x: 'ção' }) })}\n`,
      );
      const middle = line.indexOf('ç') + 1;
      await watch.raw(line.subarray(0, middle));
      await watch.raw(line.subarray(middle));
      await next();
      expect(reflector.cache.get('acme/a')?.data).toEqual({ x: 'ção' });
    },
    TIMEOUT_MS,
  );

  it(
    'cuts a watch that says nothing, and one that the server does not end in time; then goes on',
    async () => {
      const { reflector } = start({ idleMs: 1_500 });
      const watch = await listed();
      watch.open();
      await watch.closed;
      const again = await api.next();
      expect(again.query.get('resourceVersion')).toBe('10');
      stop.abort();
      await Promise.all(runs);
      expect(reflector.cache.size).toBe(1);

      stop = new AbortController();
      start({ watchSeconds: [1, 1], watchdogMs: 200 });
      const chatty = await listed();
      chatty.open();
      const chat = setInterval(() => {
        chatty.event('BOOKMARK', bookmark('15'));
      }, 50);
      await chatty.closed;
      clearInterval(chat);
      expect((await api.next()).query.get('resourceVersion')).toBe('15');
    },
    TIMEOUT_MS,
  );

  it(
    'gives up a list that does not come in time, and asks again',
    async () => {
      const { reflector } = start({ listTimeoutMs: 300 });
      const slow = await api.next();
      await slow.raw('{"metadata":{"resourceVersion":"1"},');
      await slow.closed;
      (await api.next()).list([], '2');
      await reflector.synced;
    },
    TIMEOUT_MS,
  );

  it(
    'waits longer from failure to failure, at least what the server asks, and begins anew after success',
    async () => {
      const { reflector } = start({ healthyMs: 60_000, backOff: { firstMs: 50, maxMs: 100_000, jitter: 0 } });
      const at: number[] = [];
      for (let i = 0; i < 4; i += 1) {
        const request = await api.next();
        at.push(performance.now());
        request.refuse(500, 'InternalError');
      }
      const waits = at.slice(1).map((time, i) => time - (at[i] ?? 0));
      expect(waits[0]).toBeGreaterThanOrEqual(45);
      expect(waits[1]).toBeGreaterThanOrEqual(95);
      expect(waits[2]).toBeGreaterThanOrEqual(195);
      const asked = await api.next();
      const since = performance.now();
      asked.refuse(429, 'TooManyRequests', { 'retry-after': '2' });
      (await api.next()).list([], '1');
      expect(performance.now() - since).toBeGreaterThanOrEqual(1_950);
      await reflector.synced;
    },
    TIMEOUT_MS,
  );

  it(
    'does not hammer a server that ends each watch at once',
    async () => {
      start({ healthyMs: 60_000, backOff: { firstMs: 300, maxMs: 300, jitter: 0 } });
      (await listed()).end();
      const since = performance.now();
      (await api.next()).end();
      await api.next();
      expect(performance.now() - since).toBeGreaterThanOrEqual(500);
    },
    TIMEOUT_MS,
  );

  it(
    'goes on after a listener threw, and tells the others',
    async () => {
      const { reflector, next } = start();
      reflector.cache.subscribe(() => {
        throw new Error('a mistake in a listener');
      });
      const told: string[] = [];
      reflector.cache.subscribe(({ key }) => told.push(key));
      const watch = await listed();
      watch.event('MODIFIED', configMap('a', '11'));
      watch.event('MODIFIED', configMap('a', '12'));
      expect([await next(), await next(), await next()]).toEqual(['+acme/a@5', '+acme/a@11', '+acme/a@12']);
      expect(told).toEqual(['acme/a', 'acme/a', 'acme/a']);
    },
    TIMEOUT_MS,
  );

  it(
    'survives a server that is gone for a while, keeping what it has',
    async () => {
      const { reflector, next } = start();
      (await listed()).open();
      expect(await next()).toBe('+acme/a@5');
      const port = Number(new URL(api.url).port);
      await api.close();
      while (reflector.failingSince === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(reflector.cache.size).toBe(1);
      api = await startScriptedApi(port);
      const again = await api.next();
      expect(again.query.get('resourceVersion')).toBe('10');
      again.event('MODIFIED', configMap('a', '70'));
      expect(await next()).toBe('+acme/a@70');
      expect(reflector.failingSince).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  it(
    'ends when its signal fires, whatever it is at: listing, watching, waiting',
    async () => {
      start();
      const list = await api.next();
      stop.abort();
      await Promise.all(runs);
      await list.closed;

      stop = new AbortController();
      start();
      const watch = await listed();
      watch.open();
      stop.abort();
      await Promise.all(runs);
      await watch.closed;

      stop = new AbortController();
      start({ backOff: { firstMs: 1_000_000, maxMs: 1_000_000, jitter: 0 } });
      (await api.next()).refuse(500, 'InternalError');
      stop.abort();
      await Promise.all(runs);
    },
    TIMEOUT_MS,
  );
});
