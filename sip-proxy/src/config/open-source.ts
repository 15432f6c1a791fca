// SPDX-License-Identifier: Apache-2.0
import type { TargetReport } from '@trunkline/crds';
import type { Logger } from 'pino';
import type { ProxyFlags } from '../process/flags.ts';
import { createShardSource, type ShardSource } from './shard-source.ts';

export type SourceFlags = Pick<ProxyFlags, 'config' | 'configCache' | 'kubeconfig' | 'instance' | 'edge'>;
/** What the source tells, and what its acknowledgements tell beside the revisions. */
export interface SourceEnds {
  onApplied: (revisions: Record<string, string>) => void;
  health: () => readonly TargetReport[];
}

/** Where `--config` says that the configuration is: a directory of shards, or the objects of a namespace (`k8s:NAMESPACE`). */
export const openSource = async (flags: SourceFlags, log: Logger, ends: SourceEnds): Promise<ShardSource> => {
  const { config, instance } = flags;
  if (!config.startsWith('k8s:')) return createShardSource({ dir: config, instance, log, ...ends });
  // Only then: the Kubernetes client takes a second to load, and much memory.
  const { openKubernetesSource } = await import('./open-kubernetes-source.ts');
  return openKubernetesSource(flags, log, ends);
};
