// SPDX-License-Identifier: Apache-2.0
import type { OriginationUri, PhoneNumber, TargetReport, Trunk } from '@trunkline/crds';
import { shardName } from '@trunkline/operator';
import { behind, isAlive, type Fleet } from './fleet.ts';
import { conditionOf } from './wording.ts';

/** A trunk and what belongs to it. */
export interface TrunkRow {
  trunk: Trunk;
  /** `namespace/name`. */
  key: string;
  domain: string | undefined;
  numbers: string[];
  uris: OriginationUri[];
  /** Of where its origination URIs lead, by edge. */
  health: TargetReport[];
  /** Edges whose live proxies all have its routing, of those that there are; undefined: who asks may not see it. */
  edges?: { programmed: string[]; all: string[] } | undefined;
}

export interface TrunkFacts {
  trunks: Trunk[];
  numbers: PhoneNumber[];
  uris: OriginationUri[];
  fleet: Fleet | undefined;
}

export function trunkRows({ trunks, numbers, uris, fleet }: TrunkFacts): TrunkRow[] {
  return trunks.map((trunk) => {
    const { namespace = '', name } = trunk.metadata;
    const isOwn = (each: PhoneNumber | OriginationUri): boolean =>
      each.metadata.namespace === namespace && each.spec.trunkRef?.name === name;
    const ownUris = uris.filter(isOwn);
    return {
      trunk,
      key: `${namespace}/${name}`,
      domain: trunk.status?.terminationUris?.[0],
      // One that is refused has no number.
      numbers: numbers
        .filter((number) => isOwn(number) && conditionOf(number, 'Accepted')?.status === 'True')
        .flatMap(({ status }) => status?.number ?? []),
      uris: ownUris,
      health: ownUris.flatMap(healthOf),
      edges: fleet && programmedEdges(fleet, shardName(namespace)),
    };
  });
}

function healthOf({ status }: OriginationUri): TargetReport[] {
  return (status?.addresses ?? []).map(({ address, healthy, lastChange, edge, reason }) => ({
    address: edge === undefined ? address : `${address} from ${edge}`,
    healthy,
    since: lastChange ?? '',
    ...(reason !== undefined && { lastError: reason }),
  }));
}

function programmedEdges(fleet: Fleet, shard: string): TrunkRow['edges'] {
  const { proxies, published } = fleet;
  if (!published) return undefined;
  const alive = proxies.filter((proxy) => isAlive(proxy, fleet));
  const all = [...new Set(proxies.map(({ edge }) => edge))];
  const hasIt = (edge: string): boolean => {
    const own = alive.filter((proxy) => proxy.edge === edge);
    const lacks = (names: string[]): boolean => names.includes('global') || names.includes(shard);
    return own.length > 0 && !own.some((proxy) => lacks(behind(proxy, published)));
  };
  return { programmed: all.filter(hasIt), all };
}
