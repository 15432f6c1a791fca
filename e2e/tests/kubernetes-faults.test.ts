// SPDX-License-Identifier: Apache-2.0
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { requireKubeTools } from '../src/kube-api-server.ts';
import { carrier, eventually, sdp, SipPeer, trunk, type Resource } from '../src/index.ts';
import { Cluster, NAMESPACE, START_MS, type Edge, type Running } from './kubernetes.fixture.ts';

const CALLS_PER_SECOND = 20;
const PBX = '127.0.0.3';

/** A loaded machine is slow. */
const PATIENCE = { timeoutMs: 60_000, everyMs: 100 };
jest.setTimeout(300_000);

(requireKubeTools('kube-apiserver', 'etcd', 'kubectl') ? describe : describe.skip)(
  'faults on Kubernetes',
  () => {
    let cluster: Cluster;
    let edge: Edge;
    let operator: Running;
    let pstn: SipPeer;
    let pbx: SipPeer;

    beforeAll(async () => {
      cluster = await Cluster.start();
      operator = await cluster.startOperator();
      edge = await cluster.startEdge();
      pstn = await SipPeer.open({ address: '127.0.0.2', name: 'pstn' });
      pstn.onInvite = async (call) => {
        await call.answer(sdp({ address: '127.0.0.2', port: 9 }));
      };
      pbx = await SipPeer.open({ address: PBX, name: 'pbx', proxy: edge.sip });
      await cluster.applyResources([
        carrier('pstn', [{ host: pstn.address, port: pstn.port }]),
        ...callable('acme', { account: {} }),
      ]);
      await cluster.waitReady('-n', 'acme', 'trunk/acme');
    }, START_MS);

    afterAll(async () => {
      await Promise.all([pstn.close(), pbx.close()]);
      await edge.stop();
      await cluster.stop();
    }, START_MS);

    /** A trunk of account acme that the PBX may call through. */
    const callable = (name: string, more: { account?: Record<string, unknown> | null } = {}): Resource[] =>
      trunk(name, {
        ...{ namespace: 'acme', account: null, acl: [`${PBX}/32`] },
        ...(more.account ? { numbers: ['+15550100'] } : {}),
        ...more,
      });

    const call = async (name: string): Promise<void> => {
      const placed = pbx.invite({
        to: `sip:+442079460123@${name}.pstn.example.com`,
        from: '+15550100',
        sdp: sdp({ address: PBX, port: 9 }),
      });
      await placed.answered(20_000);
      expect((await placed.bye()).status).toBe(200);
    };

    /** Calls at a steady rate while the work goes on; gives how many, and what failed. */
    const callsDuring = async (
      work: () => Promise<void>,
    ): Promise<{ placed: number; failures: string[] }> => {
      const calls: Promise<void>[] = [];
      const failures: string[] = [];
      const timer = setInterval(() => {
        calls.push(
          call('acme').catch((error: unknown) => {
            failures.push(String(error));
          }),
        );
      }, 1_000 / CALLS_PER_SECOND);
      try {
        await work();
      } finally {
        clearInterval(timer);
        await Promise.all(calls);
      }
      return { placed: calls.length, failures };
    };

    const lease = (name: string) => cluster.get('-n', NAMESPACE, 'lease', name);
    const revisions = async (): Promise<Record<string, string>> => {
      const { metadata } = await lease('trunkline-proxy-proxy-1');
      return JSON.parse(
        (metadata['annotations'] as Record<string, string>)['trunkline.dev/revisions'] ?? '{}',
      ) as Record<string, string>;
    };

    it('an API server that is killed and started again costs no call, and changes go on', async () => {
      const { placed, failures } = await callsDuring(async () => {
        await wait(500);
        await cluster.server.stopApi('SIGKILL');
        await wait(3_000);
        await cluster.server.startApi();
        await cluster.applyResources(callable('after'));
        await cluster.waitReady('-n', 'acme', 'trunk/after');
      });
      expect(failures).toEqual([]);
      expect(placed).toBeGreaterThan(CALLS_PER_SECOND);
      await call('after');
    });

    it('a proxy starts from its cache while the API server is away', async () => {
      const before = await revisions();
      await cluster.server.stopApi('SIGKILL');
      await edge.restartProxy('SIGKILL');
      await call('acme');
      await call('after');
      await cluster.server.startApi();
      // A proxy acknowledges only what the API server has told it.
      const { renewTime } = (await lease('trunkline-proxy-proxy-1')).spec ?? {};
      await eventually(
        'a renewal',
        async () => (await lease('trunkline-proxy-proxy-1')).spec?.['renewTime'] !== renewTime,
        {
          timeoutMs: 60_000,
          everyMs: 200,
        },
      );
      expect(await revisions()).toEqual(before);
      await cluster.waitReady('-n', 'acme', 'trunk/acme');
    });

    it('a half-written shard is never applied, and is put right when the operator is back', async () => {
      await operator.stop();
      const [routing] = (
        await cluster.list('-n', NAMESPACE, 'configmaps', '-l', 'trunkline.dev/shard')
      ).filter(({ data }) => data?.['shard.json']?.includes('"acme/acme"'));
      const { name } = routing!.metadata;
      const text = routing!.data!['shard.json']!;
      const before = await revisions();
      const log = () => edge.proxy.program.stderr;
      for (const half of [text.slice(0, text.length / 2), text.replace('"acme/after"', '"acme/other"')]) {
        const refused = log().split('shard refused').length;
        const patch = { data: { 'shard.json': half } };
        await cluster.kubectl(
          '-n',
          NAMESPACE,
          'patch',
          'configmap',
          name,
          '--type=merge',
          '-p',
          JSON.stringify(patch),
        );
        await eventually('the refusal', () => log().split('shard refused').length > refused, {
          timeoutMs: 30_000,
        });
        await call('acme');
        await call('after');
      }
      expect(await revisions()).toEqual(before);
      operator = await cluster.startOperator();
      await eventually(
        'the ConfigMap',
        async () => (await cluster.get('-n', NAMESPACE, 'configmap', name)).data?.['shard.json'] === text,
      );
      await operator.stop();
    });

    describe('two operators', () => {
      const running: Running[] = [];

      /** Value of a metric, over all its labels. */
      const metric = async ({ ready }: Running, pattern: RegExp): Promise<number> => {
        const text = await (await fetch(`http://${String(ready['http'])}/metrics`)).text();
        const lines = text.split('\n').filter((line) => pattern.test(line));
        return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
      };
      const leads = async (one: Running) => (await metric(one, /^leader_election_master_status/)) === 1;
      const writes = (one: Running) =>
        metric(one, /^trunkline_operator_shard_writes_total\{result="(applied|deleted)"/);
      const patches = (one: Running) => metric(one, /^rest_client_requests_total\{.*method="(PATCH|DELETE)"/);
      /** Versions of all shards: they change with every write. */
      const versions = async () =>
        (await cluster.list('-n', NAMESPACE, 'configmaps,secrets', '-l', 'trunkline.dev/shard')).map(
          ({ metadata }) => `${metadata.name} ${String(metadata['resourceVersion'])}`,
        );
      const leaderAmong = (some: Running[]) =>
        eventually(
          'a leader',
          async () => {
            for (const one of some) if (await leads(one)) return one;
            return undefined;
          },
          PATIENCE,
        );
      const tookOver = async (successor: Running): Promise<number> => {
        const began = performance.now();
        await leaderAmong([successor]);
        return performance.now() - began;
      };

      it('have one leader; the other writes nothing', async () => {
        running.push(
          await cluster.startOperator('--leader-elect'),
          await cluster.startOperator('--leader-elect'),
        );
        const leader = await leaderAmong(running);
        const standby = running.find((one) => one !== leader)!;
        await cluster.applyResources(callable('led'));
        await cluster.waitReady('-n', 'acme', 'trunk/led');
        await call('led');
        expect(await writes(leader)).toBeGreaterThan(0);
        expect(await leads(standby)).toBe(false);
        expect(await writes(standby)).toBe(0);
        expect(await patches(standby)).toBe(0);
        running.splice(0, 2, leader, standby);
      });

      it('change the leader within 20 s when it is killed; the new one writes nothing twice', async () => {
        const [leader, standby] = running as [Running, Running];
        const before = await versions();
        await leader.program.stop('SIGKILL');
        running.splice(0, 2, standby);
        expect(await tookOver(standby)).toBeLessThan(20_000);
        // A change in another namespace goes through; all that is as it should be was left alone.
        await cluster.applyResources(trunk('second', { namespace: 'other' }));
        await cluster.waitReady('-n', 'other', 'trunk/second');
        // Its account and itself, which may come together.
        expect([1, 2]).toContain(await writes(standby));
        const after = await versions();
        expect(after).toEqual(expect.arrayContaining(before));
        expect(after.length).toBe(before.length + 1);
        running.splice(0, 2, standby);
      });

      it('do not both write where a leader was stopped for a while and goes on', async () => {
        const [leader] = running as [Running];
        const successor = await cluster.startOperator('--leader-elect');
        const exited = leader.program.exited;
        leader.program.signal('SIGSTOP');
        await tookOver(successor);
        await cluster.applyResources(callable('taken'));
        await cluster.waitReady('-n', 'acme', 'trunk/taken');
        const before = await versions();
        leader.program.signal('SIGCONT');
        expect(await exited).toBe(1);
        expect(await versions()).toEqual(before);
        await call('taken');
        // A clean end gives the lease back: the next one need not wait.
        const next = await cluster.startOperator('--leader-elect');
        expect(await successor.stop('SIGTERM')).toBe(0);
        expect(await tookOver(next)).toBeLessThan(8_000);
        await next.stop();
      });
    });
  },
);
