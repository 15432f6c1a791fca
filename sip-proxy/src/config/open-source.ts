// SPDX-License-Identifier: Apache-2.0
import { KubeClient, loadKubeConfig } from '@trunkline/kube';
import type { Logger } from 'pino';
import type { ProxyFlags } from '../process/flags.ts';
import { KubernetesSource } from './kubernetes-source.ts';
import { LeaseAck } from './lease-ack.ts';
import { createShardSource, type ShardSource } from './shard-source.ts';

type SourceFlags = Pick<ProxyFlags, 'config' | 'configCache' | 'kubeconfig' | 'instance' | 'edge'>;

/** Where `--config` says that the configuration is: a directory of shards, or the objects of a namespace (`k8s:NAMESPACE`). */
export const openSource = (
  flags: SourceFlags,
  log: Logger,
  onApplied: (revisions: Record<string, string>) => void,
): ShardSource => {
  const { config, instance, edge } = flags;
  const namespace = namespaceOf(config);
  if (namespace === undefined) return createShardSource({ dir: config, instance, log, onApplied });
  const file = flags.kubeconfig;
  const client = new KubeClient(loadKubeConfig(file === undefined ? {} : { file }), {
    userAgent: 'trunkline-sip-proxy',
  });
  const ack = new LeaseAck({ client, namespace, instance, edge, log });
  return new KubernetesSource({ client, namespace, cacheDir: flags.configCache, ack, log, onApplied });
};

/** NAMESPACE of `k8s:NAMESPACE`; undefined for a directory. */
export const namespaceOf = (config: string): string | undefined =>
  config.startsWith('k8s:') ? config.slice('k8s:'.length) : undefined;
