// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { KubeClient, loadKubeConfig, NAMESPACE, type KubeObject } from '@trunkline/kube';
import { RESOURCE_KINDS } from '@trunkline/operator/kubernetes';
import { requireKubeTools } from '../src/kube-api-server.ts';
import { account, eventually } from '../src/index.ts';
import { Cluster, START_MS, type Edge } from './kubernetes.fixture.ts';

const TRUNKS = 1_000;
const NAMESPACES = 20;
const AT_ONCE = 20;
const BOUND_MS = 180_000;

const { Account: ACCOUNT, Trunk: TRUNK } = RESOURCE_KINDS;

interface Trunk extends KubeObject {
  status?: { conditions?: { type: string; status: string }[] };
}

jest.setTimeout(300_000);

(requireKubeTools('kube-apiserver', 'etcd', 'kubectl') ? describe : describe.skip)(
  '1,000 trunks on Kubernetes',
  () => {
    let cluster: Cluster;
    let edges: Edge[];
    let client: KubeClient;

    beforeAll(async () => {
      cluster = await Cluster.start();
      await cluster.startOperator('--leader-elect');
      edges = [
        await cluster.startEdge({ edge: 'ashburn', instance: 'ashburn-1' }),
        await cluster.startEdge({ edge: 'dublin', instance: 'dublin-1' }),
      ];
      client = new KubeClient(loadKubeConfig({ file: cluster.server.kubeconfig }));
    }, START_MS);

    afterAll(async () => {
      await client.close();
      for (const edge of edges) await edge.stop();
      await cluster.stop();
    }, START_MS);

    const isReady = ({ status }: Trunk): boolean =>
      status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false;

    it('that are created in one go are all Ready', async () => {
      const namespaces = Array.from({ length: NAMESPACES }, (_, i) => `scale-${i}`);
      for (const name of namespaces) {
        await client.create(NAMESPACE, { metadata: { name } });
        await client.create(ACCOUNT, account(name));
      }
      const trunks = Array.from({ length: TRUNKS }, (_, i) => ({
        metadata: { name: `trunk-${i}`, namespace: namespaces[i % NAMESPACES] ?? '' },
        spec: { termination: { domainName: `trunk-${i}` } },
      }));
      const left = [...trunks];
      const creator = async () => {
        for (let one = left.pop(); one; one = left.pop()) await client.create(TRUNK, one);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, creator));
      await eventually(
        'all to be Ready',
        async () => (await client.list<Trunk>(TRUNK)).items.filter(isReady).length === TRUNKS,
        { timeoutMs: BOUND_MS, everyMs: 500 },
      );
      for (const edge of edges) {
        const page = await (await fetch(`${edge.metrics}/readyz`)).text();
        expect(page).toBe('ready\n');
      }
    });
  },
);
