// SPDX-License-Identifier: Apache-2.0
import { KubeClient, loadKubeConfig } from '@trunkline/kube';
import type { Logger } from 'pino';
import { KubernetesSource } from './kubernetes-source.ts';
import { LeaseAck } from './lease-ack.ts';
import type { SourceEnds, SourceFlags } from './open-source.ts';
import type { ShardSource } from './shard-source.ts';

/** The shards of the namespace in `--config k8s:NAMESPACE`. */
export const openKubernetesSource = (
  flags: SourceFlags,
  log: Logger,
  { onApplied, health }: SourceEnds,
): ShardSource => {
  const { instance, edge, kubeconfig } = flags;
  const namespace = flags.config.slice('k8s:'.length);
  const credentials = loadKubeConfig(kubeconfig === undefined ? {} : { file: kubeconfig });
  const client = new KubeClient(credentials, { userAgent: 'trunkline-sip-proxy' });
  const ack = new LeaseAck({ client, namespace, instance, edge, log, health });
  return new KubernetesSource({ client, namespace, cacheDir: flags.configCache, ack, log, onApplied });
};
