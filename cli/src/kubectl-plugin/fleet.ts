// SPDX-License-Identifier: Apache-2.0
import { CONFIG_MAP, LEASE, type Lease } from '@trunkline/kube';
import { PROXY_SELECTOR, proxyOfLease, REVISION, type KnownProxy } from '@trunkline/operator/kubernetes';
import { SHARD_SELECTOR, shardOf, type ShardObject } from '@trunkline/sip-proxy/shards';
import { ifAllowed, type Cluster } from './cluster.ts';

/** The proxies of all edges, and what each has applied of what is published. */
export interface Fleet {
  /** By the API server's clock. */
  lookedAt: number;
  proxies: KnownProxy[];
  /** Revisions by shard; undefined where they may not be read. Secret ones are never looked at. */
  published: ReadonlyMap<string, string> | undefined;
}

/** Undefined where who asks may not read it: a tenant need not. */
export async function readFleet(cluster: Cluster): Promise<Fleet | undefined> {
  const [leases, maps] = await Promise.all([
    ifAllowed(cluster.own<Lease>(LEASE, PROXY_SELECTOR)),
    ifAllowed(cluster.own<ShardObject>(CONFIG_MAP, SHARD_SELECTOR)),
  ]);
  if (!leases) return undefined;
  const lookedAt = cluster.now();
  return {
    lookedAt,
    proxies: leases
      .map((lease) => proxyOfLease(lease, lookedAt))
      .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)),
    published: maps && new Map(maps.flatMap(revisionOf)),
  };
}

export function isAlive({ expiresAt }: KnownProxy, { lookedAt }: Fleet): boolean {
  return expiresAt > lookedAt;
}

/** Shards of which the proxy has not the published revision, or which it has although they are gone. */
export function behind({ revisions }: KnownProxy, published: ReadonlyMap<string, string>): string[] {
  const held = Object.keys(revisions).filter((name) => !name.startsWith('secret-'));
  const names = new Set([...published.keys(), ...held]);
  return [...names].filter((name) => revisions[name] !== published.get(name)).sort();
}

function revisionOf(object: ShardObject): [string, string][] {
  const name = shardOf(CONFIG_MAP, object);
  const revision = object.metadata.annotations?.[REVISION];
  return name === undefined || revision === undefined ? [] : [[name, revision]];
}

function placeOf({ edge, instance }: KnownProxy): string {
  return `${edge}/${instance}`;
}
