// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { KubeClient } from '@trunkline/kube';
import { pino } from 'pino';
import { configFor, startScriptedApi } from '../../../kube/src/testing/scripted-api.ts';
import { eventually } from '../../../e2e/src/eventually.ts';
import { KubernetesSource } from './kubernetes-source.ts';
import { LeaseAck } from './lease-ack.ts';
import { globalText, routingText, secretText, ShardApi } from './test-kit/shard-api.ts';

/** A loaded machine is slow. */
jest.setTimeout(30_000);

const log = pino({ level: 'silent' });

let folder: string;
let api: ShardApi;
const open: KubernetesSource[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shard-cache-'));
  api = new ShardApi(await startScriptedApi());
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((source) => source.close()));
  await api.close();
  await rm(folder, { recursive: true });
});

interface Options {
  cacheDir?: string;
  url?: string;
  removalGraceMs?: number;
}

const start = ({ cacheDir, url = api.url, removalGraceMs }: Options = {}) => {
  const client = new KubeClient(configFor(url));
  const ack = new LeaseAck({
    ...{ client, namespace: 'tl', instance: 'p1', edge: 'ashburn', log },
    timing: { renewMs: 30, retryMs: 20 },
  });
  const source = new KubernetesSource({
    ...{ client, namespace: 'tl', cacheDir, ack, log },
    ...(removalGraceMs === undefined ? {} : { removalGraceMs }),
  });
  open.push(source);
  return source;
};

const acknowledged = (revisions: Record<string, string>) =>
  eventually('the acknowledgement', () => isDeepStrictEqual(api.acked(), revisions), { timeoutMs: 20_000 });
const trunkOf = (source: KubernetesSource, domain: string) =>
  source.current().trunkByHost(`${domain}.pstn.example.com`)?.trunk.key;

describe('shards of a namespace', () => {
  it('are in force once both kinds were listed, and are acknowledged on a Lease', async () => {
    api.set('ConfigMap', 'global', globalText());
    api.set('ConfigMap', '3f', routingText('3f', ['acme/main']));
    api.set('Secret', '3f', secretText('3f', { 'acme/pbx': 'pbx' }));
    api.hold('Secret');
    const source = start();
    let ready = false;
    void source.ready.then(() => (ready = true));
    await api.answered('ConfigMap');
    expect(ready).toBe(false);
    api.release('Secret');
    await source.ready;
    expect(trunkOf(source, 'main')).toBe('acme/main');
    expect(source.current().credential('acme/pbx', 'pbx')).toBeDefined();
    await acknowledged(api.revisions('global', '3f', 'secret-3f'));
    expect(api.lease()).toMatchObject({
      metadata: {
        name: 'trunkline-proxy-p1',
        labels: { 'app.kubernetes.io/component': 'sip-proxy', 'trunkline.dev/edge': 'ashburn' },
      },
      spec: { holderIdentity: 'p1', leaseDurationSeconds: 30 },
    });
  });

  it('follow changes, and the Lease is renewed and taken back', async () => {
    api.set('ConfigMap', 'global', globalText());
    const source = start();
    await source.ready;
    api.set('ConfigMap', '3f', routingText('3f', ['acme/main']));
    await eventually('the trunk', () => trunkOf(source, 'main') === 'acme/main');
    await acknowledged(api.revisions('global', '3f'));
    const { renewTime } = api.lease()!.spec!;
    await eventually('a renewal', () => api.lease()?.spec?.renewTime !== renewTime);
    await open.pop()!.close();
    expect(api.lease()).toBeUndefined();
  });

  it('that are half written are never applied: the last good state stays, and is what is acknowledged', async () => {
    api.set('ConfigMap', 'global', globalText());
    api.set('ConfigMap', '3f', routingText('3f', ['acme/main']));
    const source = start();
    await source.ready;
    const good = api.revisions('global', '3f');
    const next = routingText('3f', ['acme/main', 'acme/other']);
    const other = routingText('40', ['globex/x']);
    for (const broken of [next.slice(0, -20), next.replace('"other"', '"otter"'), '{}', '']) {
      api.set('ConfigMap', '3f', broken);
    }
    // The next good shard says that the broken ones have been seen.
    api.set('ConfigMap', '40', other);
    await eventually('the good shard', () => trunkOf(source, 'x') === 'globex/x');
    expect(trunkOf(source, 'main')).toBe('acme/main');
    expect(trunkOf(source, 'other')).toBeUndefined();
    await acknowledged({ ...good, ...api.revisions('40') });
    api.set('ConfigMap', '3f', next);
    await eventually('the whole shard', () => trunkOf(source, 'other') === 'acme/other');
  });

  it('that are deleted go after a moment, and do not where they come back', async () => {
    api.set('ConfigMap', 'global', globalText());
    api.set('ConfigMap', '3f', routingText('3f', ['acme/main']));
    api.set('ConfigMap', '40', routingText('40', ['globex/x']));
    const source = start({ removalGraceMs: 300 });
    await source.ready;
    await api.answered('ConfigMap');
    api.remove('ConfigMap', '3f');
    api.remove('ConfigMap', '40');
    api.remove('ConfigMap', 'global');
    api.set('ConfigMap', '40', routingText('40', ['globex/x']));
    await eventually('the trunk to go', () => trunkOf(source, 'main') === undefined);
    expect(trunkOf(source, 'x')).toBe('globex/x');
    await eventually('the acknowledgement', () => !('3f' in api.acked()));
    expect(Object.keys(api.acked()).sort()).toEqual(['40', 'global']);
  });
});

describe('the cache', () => {
  it('holds what was applied, secrets for the owner alone', async () => {
    api.set('ConfigMap', 'global', globalText());
    api.set('ConfigMap', '3f', routingText('3f', ['acme/main']));
    api.set('Secret', '3f', secretText('3f', { 'acme/pbx': 'pbx' }));
    const source = start({ cacheDir: folder, removalGraceMs: 0 });
    await source.ready;
    await Promise.all([source.refresh(), api.answered('ConfigMap')]);
    expect((await readdir(folder)).sort()).toEqual(['3f.json', 'global.json', 'secret-3f.json']);
    expect((await stat(join(folder, 'secret-3f.json'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, '3f.json'), 'utf8')).toBe(routingText('3f', ['acme/main']));
    api.remove('ConfigMap', '3f');
    await eventually('the file to go', async () => !(await readdir(folder)).includes('3f.json'));
  });

  it('is what a proxy starts from while the API server is away; then the API has the say', async () => {
    await writeFile(join(folder, 'global.json'), globalText());
    await writeFile(join(folder, '3f.json'), routingText('3f', ['acme/main']));
    await writeFile(join(folder, '40.json'), routingText('40', ['globex/x']));
    await writeFile(join(folder, '41.json'), routingText('41', ['cut/off']).slice(0, -9));
    api.fail = true;
    const source = start({ cacheDir: folder });
    await source.ready;
    expect(trunkOf(source, 'main')).toBe('acme/main');
    expect(trunkOf(source, 'x')).toBe('globex/x');
    expect(trunkOf(source, 'off')).toBeUndefined();
    expect(api.lease()).toBeUndefined();
    api.set('ConfigMap', 'global', globalText());
    api.set('ConfigMap', '3f', routingText('3f', ['acme/other']));
    api.fail = false;
    await acknowledged(api.revisions('global', '3f'));
    expect([trunkOf(source, 'main'), trunkOf(source, 'other'), trunkOf(source, 'x')]).toEqual([
      undefined,
      'acme/other',
      undefined,
    ]);
  });

  it('stays in force where the API has nothing published', async () => {
    await writeFile(join(folder, 'global.json'), globalText());
    await writeFile(join(folder, '3f.json'), routingText('3f', ['acme/main']));
    const source = start({ cacheDir: folder });
    await acknowledged(
      Object.fromEntries(
        [globalText(), routingText('3f', ['acme/main'])].map((text) => {
          const { shard, revision } = JSON.parse(text) as { shard: string; revision: string };
          return [shard, revision];
        }),
      ),
    );
    expect(trunkOf(source, 'main')).toBe('acme/main');
  });

  it('that cannot be written is no reason to stop', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    api.set('ConfigMap', 'global', globalText());
    const source = start({ cacheDir: join(file, 'cache') });
    await source.ready;
    await acknowledged(api.revisions('global'));
  });
});
