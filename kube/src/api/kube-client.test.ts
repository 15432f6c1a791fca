// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { Registry } from 'prom-client';
import { createClientMetrics } from '../observe/client-metrics.ts';
import { configMap } from '../testing/config-maps.ts';
import { startScriptedApi, type ScriptedApi } from '../testing/scripted-api.ts';
import { KubeClient } from './kube-client.ts';
import type { KubeError } from './kube-error.ts';
import { CONFIG_MAP, LEASE, NAMESPACE } from './objects.ts';
import { resourcePath } from './resource-path.ts';

const TIMEOUT_MS = 30_000;
const REF = { namespace: 'acme', name: 'a' };

describe('KubeClient', () => {
  let api: ScriptedApi;
  let client: KubeClient;
  let registry: Registry;

  beforeEach(async () => {
    api = await startScriptedApi();
    registry = new Registry();
    client = new KubeClient(api.config, { onAnswer: createClientMetrics(registry), userAgent: 'test/1' });
  });
  afterEach(async () => {
    await client.close();
    await api.close();
  });

  const failure = async (promise: Promise<unknown>): Promise<KubeError> =>
    promise.then(
      () => {
        throw new Error('it did not fail');
      },
      (error: unknown) => error as KubeError,
    );

  it('tells the server’s clock, as each answer has it', async () => {
    const times: number[] = [];
    const watching = new KubeClient(api.config, { onClock: (serverTime) => times.push(serverTime) });
    const got = watching.get(CONFIG_MAP, REF);
    const request = await api.next();
    const before = Date.now();
    request.json(200, configMap('a', '7'));
    await got;
    await watching.close();
    expect(times).toHaveLength(1);
    // Whole seconds (RFC 9110 §6.6.1), cut off.
    expect(times[0]).toBeGreaterThan(before - 1_000 - 1);
    expect(times[0]).toBeLessThanOrEqual(Date.now());
  });

  it(
    'applies with its field manager, kind and content type',
    async () => {
      const applied = client.apply(CONFIG_MAP, { metadata: REF }, { fieldManager: 'op', force: true });
      const request = await api.next();
      expect(request.method).toBe('PATCH');
      expect(request.path).toBe('/api/v1/namespaces/acme/configmaps/a');
      expect(Object.fromEntries(request.query)).toEqual({ fieldManager: 'op', force: 'true' });
      expect(request.headers['content-type']).toBe('application/apply-patch+yaml');
      expect(request.headers['user-agent']).toBe('test/1');
      expect(request.body).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', metadata: REF });
      request.json(200, configMap('a', '7'));
      expect((await applied).metadata.resourceVersion).toBe('7');

      const status = client.apply(
        CONFIG_MAP,
        { metadata: REF },
        { fieldManager: 'op', subresource: 'status', dryRun: true },
      );
      const second = await api.next();
      expect(second.path).toBe('/api/v1/namespaces/acme/configmaps/a/status');
      expect(second.query.get('dryRun')).toBe('All');
      second.json(200, configMap('a', '7'));
      await status;
    },
    TIMEOUT_MS,
  );

  it(
    'deletes by uid and version',
    async () => {
      const deleted = client.delete(CONFIG_MAP, REF, { uid: 'u', resourceVersion: '3' });
      const request = await api.next();
      expect(request.method).toBe('DELETE');
      expect(request.body).toMatchObject({ preconditions: { uid: 'u', resourceVersion: '3' } });
      request.json(200, { kind: 'Status', status: 'Success' });
      await deleted;
    },
    TIMEOUT_MS,
  );

  it(
    'turns each answer that is none into one error that says what happened',
    async () => {
      const cases: [
        string,
        (request: Awaited<ReturnType<ScriptedApi['next']>>) => void,
        Partial<KubeError>,
      ][] = [
        [
          'conflict',
          (r) => {
            r.refuse(409, 'Conflict');
          },
          { code: 'refused', isConflict: true, isAlreadyExists: false },
        ],
        [
          'exists',
          (r) => {
            r.refuse(409, 'AlreadyExists');
          },
          { isConflict: false, isAlreadyExists: true },
        ],
        [
          'missing',
          (r) => {
            r.refuse(404, 'NotFound');
          },
          { isNotFound: true, message: 'scripted: NotFound' },
        ],
        [
          'gone',
          (r) => {
            r.refuse(410, 'Gone');
          },
          { isGone: true },
        ],
        [
          'busy',
          (r) => {
            r.refuse(429, 'TooManyRequests', { 'retry-after': '3' });
          },
          { status: 429, retryAfterMs: 3_000 },
        ],
        [
          'a date',
          (r) => {
            r.refuse(503, 'X', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' });
          },
          { status: 503, retryAfterMs: undefined },
        ],
        [
          'a proxy',
          (r) => {
            r.json(502, '<html>');
          },
          { code: 'refused', status: 502, message: 'the API server answered 502' },
        ],
        [
          'reset',
          (r) => {
            r.reset();
          },
          { code: 'unreachable', status: 0 },
        ],
        [
          'no object',
          (r) => {
            r.json(200, { hello: 'world' });
          },
          { code: 'malformed' },
        ],
        [
          'nothing',
          (r) => {
            r.end();
          },
          { code: 'malformed' },
        ],
      ];
      for (const [name, answer, expected] of cases) {
        const failed = failure(client.get(CONFIG_MAP, REF));
        answer(await api.next());
        const error = await failed;
        expect({ name, error: { ...expected, ...pick(error, expected) } }).toEqual({ name, error: expected });
      }
      const metrics = await registry.metrics();
      expect(metrics).toContain(
        `rest_client_requests_total{code="409",method="GET",host="${new URL(api.url).host}"} 2`,
      );
      expect(metrics).toContain('rest_client_requests_total{code="unreachable",method="GET",host=""} 1');
    },
    TIMEOUT_MS,
  );

  it(
    'gives up an answer that does not begin, does not end or trickles; and ends with its caller',
    async () => {
      const silent = failure(client.get(CONFIG_MAP, REF, { timeoutMs: 200 }));
      await (
        await api.next()
      ).closed;
      expect((await silent).code).toBe('timeout');

      const trickling = failure(client.get(CONFIG_MAP, REF, { timeoutMs: 400 }));
      const request = await api.next();
      const trickle = setInterval(() => void request.raw(' '), 20);
      await request.closed;
      clearInterval(trickle);
      expect((await trickling).code).toBe('timeout');

      const abort = new AbortController();
      const cancelled = failure(client.get(CONFIG_MAP, REF, { signal: abort.signal }));
      const third = await api.next();
      abort.abort();
      expect((await cancelled).code).toBe('cancelled');
      await third.closed;
    },
    TIMEOUT_MS,
  );

  it(
    'cannot reach a server that is not there',
    async () => {
      await api.close();
      expect(await failure(client.get(CONFIG_MAP, REF))).toMatchObject({ code: 'unreachable', status: 0 });
    },
    TIMEOUT_MS,
  );

  it(
    'keeps one connection for requests that follow each other',
    async () => {
      const ports = new Set<unknown>();
      for (let i = 0; i < 5; i += 1) {
        const got = client.get(CONFIG_MAP, REF);
        const request = await api.next();
        ports.add(request.port);
        request.json(200, configMap('a', '1'));
        await got;
      }
      // The pool may open a second one while the first is just being freed; never one for each request.
      expect(ports.size).toBeLessThanOrEqual(2);
    },
    TIMEOUT_MS,
  );

  it(
    'reads a rotated token anew after a 401',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kube-token-'));
      const tokenFile = join(folder, 'token');
      writeFileSync(tokenFile, 'first');
      const config = new KubeConfig();
      config.loadFromClusterAndUser(
        { name: 'test', server: api.url, skipTLSVerify: true },
        { name: 'test', authProvider: { name: 'tokenFile', config: { tokenFile } } },
      );
      const rotating = new KubeClient(config);
      const ask = async (status: number) => {
        const got = rotating.get(CONFIG_MAP, REF).catch(() => undefined);
        const request = await api.next();
        if (status === 200) request.json(200, configMap('a', '1'));
        else request.refuse(status, 'Unauthorized');
        await got;
        return request.headers.authorization;
      };
      try {
        expect(await ask(200)).toBe('Bearer first');
        writeFileSync(tokenFile, 'second');
        expect(await ask(401)).toBe('Bearer first');
        // client-node itself keeps a token for a minute.
        jest.useFakeTimers({
          now: Date.now() + 61_000,
          doNotFake: [
            'setTimeout',
            'setImmediate',
            'nextTick',
            'setInterval',
            'clearTimeout',
            'clearInterval',
            'performance',
            'queueMicrotask',
          ],
        });
        expect(await ask(200)).toBe('Bearer second');
      } finally {
        jest.useRealTimers();
        await rotating.close();
        rmSync(folder, { recursive: true });
      }
    },
    TIMEOUT_MS,
  );

  it('knows the paths', () => {
    expect(resourcePath(CONFIG_MAP, {})).toBe('/api/v1/configmaps');
    expect(resourcePath(LEASE, { namespace: 'x', name: 'y' })).toBe(
      '/apis/coordination.k8s.io/v1/namespaces/x/leases/y',
    );
    expect(resourcePath(NAMESPACE, { name: 'x' })).toBe('/api/v1/namespaces/x');
    // A cluster-scoped kind has no namespace, even where its object says one.
    expect(resourcePath(NAMESPACE, { namespace: 'n', name: 'x', subresource: 'status' })).toBe(
      '/api/v1/namespaces/x/status',
    );
    expect(resourcePath(CONFIG_MAP, { namespace: 'x', name: '../y' })).toBe(
      '/api/v1/namespaces/x/configmaps/..%2Fy',
    );
    expect(() => resourcePath(CONFIG_MAP, { name: 'y' })).toThrow('needs a namespace');
  });
});

const pick = (error: KubeError, keys: object) =>
  Object.fromEntries(Object.keys(keys).map((key) => [key, error[key as keyof KubeError]]));
