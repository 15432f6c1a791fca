// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  CONFIG_MAP,
  KubeClient,
  LEASE,
  loadKubeConfig,
  NAMESPACE as NAMESPACE_KIND,
  Reflector,
  type KubeObject,
  type Lease,
  type ResourceKind,
} from '@trunkline/kube';
import { RESOURCE_KINDS } from '@trunkline/operator/kubernetes';
import { pino } from 'pino';
import { account, eventually } from '../src/index.ts';
import { Cluster, NAMESPACE } from '../tests/kubernetes.fixture.ts';

/*
 * How long a change of a trunk takes, from the API server's answer until every proxy has acknowledged it, and until the trunk
 * says Ready of it. With TRUNKS others there, in as many namespaces; two edges with a proxy each. Prints one line of JSON.
 *   node e2e/bench/kubernetes.ts [--trunks 1000] [--namespaces 20] [--changes 200] [--every 100]
 */

const flag = (name: string, standard: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? standard : Number(process.argv[at + 1]);
};
const TRUNKS = flag('trunks', 1_000);
const NAMESPACES = flag('namespaces', 20);
const CHANGES = flag('changes', 200);
const EVERY_MS = flag('every', 100);
const AT_ONCE = 20;

const { Account: ACCOUNT, Trunk: TRUNK } = RESOURCE_KINDS;

interface Trunk extends KubeObject {
  status?: { conditions?: { type: string; status: string; observedGeneration: number }[] };
}
interface Shard extends KubeObject {
  data?: Record<string, string>;
}

const stop = new AbortController();
const cluster = await Cluster.start();
const client = new KubeClient(loadKubeConfig({ file: cluster.server.kubeconfig }));
const log = pino({ level: 'silent' });
const reflect = <T extends KubeObject>(of: ResourceKind, labelSelector?: string) => {
  const reflector = new Reflector<T>({ client, kind: of, labelSelector, log });
  void reflector.run(stop.signal);
  return reflector;
};
const trunks = reflect<Trunk>(TRUNK);
const leases = reflect<Lease>(LEASE, 'app.kubernetes.io/component=sip-proxy');
const shards = reflect<Shard>(CONFIG_MAP, 'trunkline.dev/shard');

const namespaceOf = (i: number): string => `bench-${i % NAMESPACES}`;
const nameOf = (i: number): string => `trunk-${i}`;

const isReady = ({ metadata, status }: Trunk): boolean =>
  status?.conditions?.some(
    ({ type, status: state, observedGeneration }) =>
      type === 'Ready' && state === 'True' && observedGeneration === metadata.generation,
  ) ?? false;

/** Created, all at once: how long until all are Ready. */
const createAll = async (): Promise<number> => {
  for (let i = 0; i < NAMESPACES; i += 1) {
    await client.create(NAMESPACE_KIND, { metadata: { name: namespaceOf(i) } });
    await client.create(ACCOUNT, account(namespaceOf(i)));
  }
  const began = performance.now();
  let next = 0;
  const creator = async () => {
    for (let i = next++; i < TRUNKS; i = next++) {
      const trunk = {
        metadata: { name: nameOf(i), namespace: namespaceOf(i) },
        spec: { termination: { domainName: nameOf(i) } },
      };
      await client.create(TRUNK, trunk);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, creator));
  const all = () => trunks.cache.size === TRUNKS && trunks.cache.list().every(isReady);
  await eventually('all to be Ready', all, { timeoutMs: 300_000, everyMs: 20 });
  return performance.now() - began;
};

/** The revision that the shard has once it holds this generation of the trunk. */
const revisionWith = (key: string, shard: string, generation: number): string | undefined => {
  const text = shards.cache.get(`${NAMESPACE}/trunkline-${shard}`)?.data?.['shard.json'];
  if (text === undefined) return undefined;
  const { revision, trunks: held } = JSON.parse(text) as {
    revision: string;
    trunks: { key: string; generation: number }[];
  };
  return held.some((one) => one.key === key && one.generation >= generation) ? revision : undefined;
};

const isAcknowledged = (key: string, shard: string, generation: number): boolean => {
  const revision = revisionWith(key, shard, generation);
  const said = leases.cache
    .list()
    .map(({ metadata }) => metadata.annotations?.['trunkline.dev/revisions'] ?? '{}');
  return (
    revision !== undefined &&
    said.length === 2 &&
    said.every((text) => (JSON.parse(text) as Record<string, string>)[shard] === revision)
  );
};

/** Resolves when it is so; looks after every change of the caches. */
const when = (is: () => boolean): Promise<number> =>
  new Promise((resolve) => {
    const look = () => {
      if (!is()) return;
      for (const end of ends) end();
      resolve(performance.now());
    };
    const ends = [trunks, leases, shards].map(({ cache }) => (cache as typeof leases.cache).subscribe(look));
    look();
  });

const change = async (i: number, value: string): Promise<{ acknowledged: number; ready: number }> => {
  const [namespace, name] = [namespaceOf(i), nameOf(i)];
  const key = `${namespace}/${name}`;
  const shard = createHash('sha256').update(namespace).digest('hex').slice(0, 2);
  const { metadata } = await client.mergePatch(TRUNK, { namespace, name }, { spec: { friendlyName: value } });
  const began = performance.now();
  const generation = metadata.generation ?? 0;
  const ready = when(() => {
    const live = trunks.cache.get(key);
    return live !== undefined && (live.metadata.generation ?? 0) >= generation && isReady(live);
  });
  const acknowledged = await when(() => isAcknowledged(key, shard, generation));
  return { acknowledged: acknowledged - began, ready: (await ready) - began };
};

const percentiles = (values: number[]): Record<string, number> => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
};

try {
  await cluster.startOperator('--leader-elect');
  await cluster.startEdge({ edge: 'ashburn', instance: 'ashburn-1' });
  await cluster.startEdge({ edge: 'dublin', instance: 'dublin-1' });
  const allReadyMs = await createAll();
  const took: { acknowledged: number; ready: number }[] = [];
  for (let count = 0; count < CHANGES; count += 1) {
    const pause = new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    took.push(await change((count * 37) % TRUNKS, `change ${count}`));
    await pause;
  }
  const result = {
    ...{ trunks: TRUNKS, namespaces: NAMESPACES, changes: CHANGES },
    allReadySeconds: Math.round(allReadyMs / 100) / 10,
    acknowledgedMs: percentiles(took.map(({ acknowledged }) => acknowledged)),
    readyMs: percentiles(took.map(({ ready }) => ready)),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  stop.abort();
  await client.close();
  await cluster.stop();
}
process.exit(0);
