// SPDX-License-Identifier: Apache-2.0
import type { EdgeConfig, GlobalShard, RoutingShard, SecretShard } from '@trunkline/crds';
import { CONFIG_MAP, SECRET, type ResourceKind } from '@trunkline/kube';
import {
  parseShard,
  ShardError,
  SHARD_SELECTOR,
  shardOf,
  shardTextOf,
  type Shard,
  type ShardObject,
} from '@trunkline/sip-proxy/shards';
import { CommandError } from '../usage-error.ts';
import type { Cluster } from './cluster.ts';

/**
 * What the operator has published for the proxies. With the secret part only where that is asked for: whoever may read it can try
 * passwords on their hashes.
 */
export async function readPublishedConfig(
  cluster: Cluster,
  { secrets }: { secrets: boolean },
): Promise<EdgeConfig> {
  const kinds = secrets ? [CONFIG_MAP, SECRET] : [CONFIG_MAP];
  const found = await Promise.all(
    kinds.map(async (kind) => shardsIn(await cluster.own<ShardObject>(kind, SHARD_SELECTOR), kind)),
  );
  const shards = new Map(found.flat());
  const global = shards.get('global') as GlobalShard | undefined;
  if (!global) {
    throw new CommandError(
      `the operator has published nothing in namespace ${cluster.operatorNamespace}: name its own with --operator-namespace`,
    );
  }
  const named = (secret: boolean) =>
    [...shards].filter(([name]) => name !== 'global' && name.startsWith('secret-') === secret);
  return {
    global,
    routing: named(false).map(([, shard]) => shard as RoutingShard),
    secrets: named(true).map(([, shard]) => shard as SecretShard),
  };
}

function shardsIn(objects: readonly ShardObject[], kind: ResourceKind): [string, Shard][] {
  return objects.flatMap((object): [string, Shard][] => {
    const name = shardOf(kind, object);
    return name === undefined ? [] : [[name, parsed(name, shardTextOf(kind, object), object)]];
  });
}

function parsed(name: string, text: string, { metadata }: ShardObject): Shard {
  try {
    return parseShard(name, text);
  } catch (error) {
    if (!(error instanceof ShardError)) throw error;
    throw new CommandError(`${metadata.name} cannot be read: ${error.message}`);
  }
}
