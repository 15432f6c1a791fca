// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { requireKubeTools } from '../src/kube-api-server.ts';
import { eventually, freePort, trunk } from '../src/index.ts';
import { Cluster, NAMESPACE, START_MS, type Running } from './kubernetes.fixture.ts';

jest.setTimeout(START_MS);

(requireKubeTools('kube-apiserver', 'etcd', 'kubectl') ? describe : describe.skip)(
  'an operator of some namespaces',
  () => {
    let cluster: Cluster;
    let operator: Running;

    beforeAll(async () => {
      cluster = await Cluster.start();
      await cluster.applyResources([
        ...trunk('acme', { users: { pbx: 'Correct-Horse-7' } }),
        ...trunk('globex'),
        ...trunk('other'),
      ]);
      operator = await cluster.startOperator('--watch-namespaces', 'acme,globex');
    }, START_MS);
    afterAll(() => cluster.stop(), START_MS);

    it('looks at these, and at no others', async () => {
      for (const name of ['acme', 'globex']) {
        await cluster.awaitCondition('ResolvedRefs', 'True ResolvedRefs', '-n', name, `trunk/${name}`);
        await cluster.awaitCondition('Programmed', 'False NoProxy', '-n', name, `trunk/${name}`);
      }
      await cluster.awaitCondition('Ready', 'True Ready', '-n', 'acme', 'credentiallist/acme-users');
      expect((await cluster.get('-n', 'other', 'trunk/other')).status).toEqual({ observedGeneration: -1 });
      const shards = await cluster.kubectl('-n', NAMESPACE, 'get', 'configmaps', '-o', 'yaml');
      expect(shards).toContain('acme/acme');
      expect(shards).toContain('globex/globex');
      expect(shards).not.toContain('other/other');
    });

    it('keeps passwords out of ConfigMaps, and hashes as well', async () => {
      const maps = await cluster.kubectl('-n', NAMESPACE, 'get', 'configmaps', '-o', 'yaml');
      expect(maps).not.toMatch(/ha1|Correct-Horse-7/);
      const secrets = await cluster.list('-n', NAMESPACE, 'secrets', '-l', 'trunkline.dev/shard');
      const texts = secrets.map(({ data }) => Buffer.from(data?.['shard.json'] ?? '', 'base64').toString());
      expect(texts.join('\n')).toMatch(/"acme\/acme-users":\[\{"ha1Md5"/);
      expect(texts.join('\n')).not.toContain('Correct-Horse-7');
    });

    it('serves health and metrics, and ends cleanly', async () => {
      const page = async (path: string) => {
        const response = await fetch(`http://${String(operator.ready['http'])}${path}`);
        return { status: response.status, text: await response.text() };
      };
      expect(await page('/healthz')).toEqual({ status: 200, text: 'ok\n' });
      expect(await page('/readyz')).toEqual({ status: 200, text: 'ok\n' });
      const { text } = await page('/metrics');
      for (const line of [
        'trunkline_operator_resources{kind="Trunk"} 2',
        'trunkline_operator_resources_not_ready{kind="Trunk"} 2',
        'trunkline_operator_shard_writes_total{result="failed"} 0',
        'trunkline_operator_edges_missing 0',
        'trunkline_operator_secret_watches 1',
        'reflector_items_per_list{name="Trunk"} 1',
      ]) {
        expect(text).toContain(line);
      }
      expect(text).toMatch(
        /^controller_runtime_reconcile_total\{.*controller="status".*result="success".*\} [1-9]/m,
      );
      expect(await operator.stop('SIGTERM')).toBe(0);
    });

    it('is not ready before it has heard of everything, and says of what', async () => {
      await cluster.kubectl('delete', 'clusterrolebinding', 'trunkline-operator');
      const port = await freePort();
      cluster.startOperator('--http', `127.0.0.1:${port}`).catch(() => undefined);
      const refused = () => cluster.lastProgram()?.stderr.includes('"status":403');
      await eventually('the refusal', refused, { timeoutMs: 60_000 });
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.text()).toMatch(/^caches: not heard yet of Trunk, IpAccessControlList, /);
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
      expect(cluster.lastProgram()?.stdout).toBe('');
    });
  },
);
