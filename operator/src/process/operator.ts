// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import {
  CONFIG_MAP,
  createRuntimeMetrics,
  KubeClient,
  LEASE,
  leadWhile,
  loadKubeConfig,
  Reflector,
  SECRET,
  startHealthServer,
  type Leadership,
  type Lease,
} from '@trunkline/kube';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createOperatorMetrics } from '../controller/metrics.ts';
import { PROXY_SELECTOR } from '../controller/proxy-fleet.ts';
import { ResourceWatch } from '../controller/resource-watch.ts';
import { WATCH_TIMING } from '../controller/watch-timing.ts';
import { Work } from '../controller/work.ts';
import { SHARD_SELECTOR, type ShardObject } from '../publish/shard-objects.ts';
import type { OperatorFlags } from './flags.ts';

/** A little quicker than Kubernetes' own components: within 19 s of a leader's death there is another one. */
const ELECTION = { leaseMs: 12_000, renewDeadlineMs: 9_000, retryMs: 1_500 };

/**
 * Runs the operator until the signal fires. `onReady` is told when the caches are filled, leading or not.
 * @throws LeadershipLostError when another may be leading: the process should end
 */
export async function runOperator(
  flags: OperatorFlags,
  log: Logger,
  signal: AbortSignal,
  onReady: (http: string) => void,
): Promise<void> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const runtime = createRuntimeMetrics(registry);
  const metrics = createOperatorMetrics(registry);
  const { namespace, kubeconfig } = flags;
  const client = new KubeClient(loadKubeConfig(kubeconfig === undefined ? {} : { file: kubeconfig }), {
    userAgent: 'trunkline-operator',
    onAnswer: runtime.client,
  });
  const watched = { client, namespace, log, metrics: runtime.reflector, timing: WATCH_TIMING };
  const resources = new ResourceWatch({
    ...{ client, namespaces: flags.watchNamespaces, log, metrics: runtime.reflector },
  });
  const maps = new Reflector<ShardObject>({ ...watched, kind: CONFIG_MAP, labelSelector: SHARD_SELECTOR });
  const secrets = new Reflector<ShardObject>({ ...watched, kind: SECRET, labelSelector: SHARD_SELECTOR });
  const leases = new Reflector<Lease>({ ...watched, kind: LEASE, labelSelector: PROXY_SELECTOR });
  const own = [maps, secrets, leases];

  const health = await startHealthServer({
    ...flags.http,
    alive: {},
    ready: {
      caches: () =>
        unsynced([...resources.missing, ...own.filter((one) => !one.hasSynced).map(() => 'own objects')]),
    },
    registry,
  });
  const running = [resources, ...own].map((one) => one.run(signal));
  const work = async (leadership: Leadership) => {
    const options = { client, namespace, resources, maps, secrets, leases, log, runtime, metrics };
    await new Work(
      {
        ...options,
        settings: { baseDomain: flags.baseDomain, unknownDomain: flags.unknownDomain, assumeAccounts: false },
        watchNamespaces: flags.watchNamespaces,
        instance: identity,
      },
      leadership,
    ).run();
  };
  const identity = `${hostname()}-${randomBytes(3).toString('hex')}`;
  try {
    await Promise.race([
      Promise.all([resources.synced(), ...own.map(({ synced }) => synced)]),
      fired(signal),
    ]);
    if (signal.aborted) return;
    onReady(`${flags.http.host}:${health.port}`);
    if (!flags.leaderElect) await work({ signal, isHeld: () => true });
    else {
      const lease = { namespace, name: flags.leaseName };
      const onChange = runtime.election(flags.leaseName);
      await leadWhile({ client, lease, identity, timing: ELECTION, log, onChange }, work, signal);
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled([health.close(), client.close()]);
  }
}

function unsynced(missing: readonly string[]): string | undefined {
  return missing.length === 0 ? undefined : `not heard yet of ${[...new Set(missing)].join(', ')}`;
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
