// SPDX-License-Identifier: Apache-2.0
import type {
  AccountEntry,
  CarrierEntry,
  CredentialHash,
  EdgeConfig,
  GlobalShard,
  RoutingShard,
  SecretShard,
  TrunkEntry,
} from '@trunkline/crds';
import { CidrTable } from './cidr-table.ts';
import { ShardedMap } from './sharded-map.ts';

/** A Request-URI host that names a trunk; `edge` where it is a localized or legacy name. */
export interface HostMatch {
  trunk: TrunkEntry;
  edge?: string;
}

/** Which list and which of its CIDRs let an address in. */
export interface AddressMatch {
  list: string;
  cidr: string;
}

interface RoutingMaps {
  trunksByDomain: ShardedMap<TrunkEntry>;
  trunksByNumber: ShardedMap<TrunkEntry>;
  accountsByNamespace: ShardedMap<AccountEntry>;
  accountsByName: ShardedMap<AccountEntry>;
  accountsByNumber: ShardedMap<AccountEntry>;
}

interface Parts {
  global: GlobalShard;
  secretGlobal: SecretShard | undefined;
  routing: RoutingMaps;
  credentialLists: ShardedMap<ReadonlyMap<string, CredentialHash>>;
}

type CallerIds = Record<'numbers' | 'verified', ReadonlySet<string>>;

/**
 * What the shards say, as the look-ups that a call needs. Never changed in place: a call in progress keeps the index
 * that it was decided with, and `withShard` gives the next one.
 */
export class ConfigIndex {
  readonly #parts: Parts;
  readonly #suffix: string;
  readonly #edges = new Map<string, string>();
  readonly #carrierSources: CidrTable<CarrierEntry>;
  readonly #carriersByPrefix = new Map<string, CarrierEntry>();
  readonly #longestPrefix: number;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { global } = parts;
    this.#suffix = `.${canonicalHost(global.baseDomain)}`;
    for (const edge of global.edges) {
      this.#edges.set(edge.name.toLowerCase(), edge.name);
      if (edge.legacyRegion !== undefined) this.#edges.set(edge.legacyRegion.toLowerCase(), edge.name);
    }
    const carriers = [...global.carriers].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#carrierSources = new CidrTable(
      carriers.flatMap((carrier) => carrier.inboundSources.map((cidr) => [cidr, carrier] as const)),
    );
    for (const carrier of carriers) {
      for (const prefix of carrier.prefixes) {
        if (!this.#carriersByPrefix.has(prefix)) this.#carriersByPrefix.set(prefix, carrier);
      }
    }
    this.#longestPrefix = Math.max(0, ...[...this.#carriersByPrefix.keys()].map((prefix) => prefix.length));
  }

  get global(): GlobalShard {
    return this.#parts.global;
  }

  /** Lower case, without a trailing dot. Also the digest realm, there as written. */
  get baseDomain(): string {
    return this.#suffix.slice(1);
  }

  /** Number of trunks that can be called through, for readiness and metrics. */
  get terminationDomains(): number {
    return this.#parts.routing.trunksByDomain.size;
  }

  /** Every trunk that a call can come or go by, once. */
  trunks(): Set<TrunkEntry> {
    const { trunksByDomain, trunksByNumber } = this.#parts.routing;
    return new Set([...trunksByDomain.values(), ...trunksByNumber.values()]);
  }

  /** The host is `baseDomain` or lies below it. */
  isOwnDomain(host: string): boolean {
    return `.${canonicalHost(host)}`.endsWith(this.#suffix);
  }

  /**
   * `<label>.pstn.<base>`, `<label>.pstn.<edge>.<base>`, `<label>.pstn.<legacy region>.<base>`; any case, with or
   * without a trailing dot. The edge is read off the name, so that 1,000 trunks on 20 edges stay 1,000 entries.
   */
  trunkByHost(host: string): HostMatch | undefined {
    const name = canonicalHost(host);
    if (!name.endsWith(this.#suffix)) return undefined;
    const rest = name.slice(0, -this.#suffix.length);
    if (rest.endsWith('.pstn')) return this.#trunkMatch(rest);
    const dot = rest.lastIndexOf('.');
    const edge = this.#edges.get(rest.slice(dot + 1));
    const local = rest.slice(0, Math.max(dot, 0));
    if (edge === undefined || !local.endsWith('.pstn')) return undefined;
    return this.#trunkMatch(local, edge);
  }

  #trunkMatch(local: string, edge?: string): HostMatch | undefined {
    const trunk = this.#parts.routing.trunksByDomain.get(local.slice(0, -'.pstn'.length));
    if (trunk === undefined) return undefined;
    return edge === undefined ? { trunk } : { trunk, edge };
  }

  /** The trunk that gets the calls of an E.164 number. */
  trunkByNumber(number: string): TrunkEntry | undefined {
    return this.#parts.routing.trunksByNumber.get(number);
  }

  accountByNamespace(namespace: string): AccountEntry | undefined {
    return this.#parts.routing.accountsByNamespace.get(namespace);
  }

  /** The account that a number belongs to, whether or not it is on a trunk. */
  accountByNumber(number: string): AccountEntry | undefined {
    return this.#parts.routing.accountsByNumber.get(number);
  }

  /** The account and its parents, nearest first; a parent that is missing or a cycle ends the chain. */
  poolChain(account: AccountEntry): AccountEntry[] {
    const chain: AccountEntry[] = [];
    const seen = new Set<string>();
    let next: AccountEntry | undefined = account;
    while (next !== undefined && !seen.has(next.name)) {
      seen.add(next.name);
      chain.push(next);
      next = next.parent === undefined ? undefined : this.#parts.routing.accountsByName.get(next.parent);
    }
    return chain;
  }

  /** The carrier whose inbound sources hold the address. */
  carrierBySource(address: string): CarrierEntry | undefined {
    return this.#carrierSources.find(address);
  }

  /** The carrier with the longest prefix of the number; the first by name where two have the same prefix. */
  carrierByPrefix(number: string): CarrierEntry | undefined {
    for (let length = Math.min(number.length, this.#longestPrefix); length > 0; length--) {
      const carrier = this.#carriersByPrefix.get(number.slice(0, length));
      if (carrier !== undefined) return carrier;
    }
    return undefined;
  }

  /** The entry of the trunk's access lists that holds the address. */
  trunkSource(trunk: TrunkEntry, address: string): AddressMatch | undefined {
    return accessTable(trunk).find(address);
  }

  /** `listKey` is `namespace/name` of a CredentialList. */
  credential(listKey: string, username: string): CredentialHash | undefined {
    return this.#parts.credentialLists.get(listKey)?.get(username);
  }

  /** Digest user of a carrier's gateways, for challenges that they send. */
  carrierCredentials(carrier: string): { username: string; password: string } | undefined {
    const carriers = this.#parts.secretGlobal?.carriers;
    return carriers !== undefined && Object.hasOwn(carriers, carrier) ? carriers[carrier] : undefined;
  }

  /** How the account may use the number as caller id, if at all. */
  callerIdKind(account: AccountEntry, number: string): 'number' | 'verified' | undefined {
    const { numbers, verified } = callerIds(account);
    if (numbers.has(number)) return 'number';
    return verified.has(number) ? 'verified' : undefined;
  }

  isVerifiedCallerId(account: AccountEntry, number: string): boolean {
    return callerIds(account).verified.has(number);
  }

  /** The index with one shard replaced; a shard that is gone is given with empty lists. */
  withShard(shard: GlobalShard | RoutingShard | SecretShard): ConfigIndex {
    const parts = this.#parts;
    if ('baseDomain' in shard) return new ConfigIndex({ ...parts, global: shard });
    if ('trunks' in shard) return new ConfigIndex({ ...parts, routing: withRouting(parts.routing, shard) });
    const credentialLists = parts.credentialLists.with(shard.shard, userMaps(shard));
    const secretGlobal = shard.shard === 'global' ? shard : parts.secretGlobal;
    return new ConfigIndex({ ...parts, credentialLists, secretGlobal });
  }
}

/** Builds the index from all shards of an install. */
export function buildConfigIndex(config: EdgeConfig): ConfigIndex {
  const slices = config.routing.map((shard) => ({ shard: shard.shard, maps: routingSlice(shard) }));
  const merge = <K extends keyof RoutingSlice>(key: K): RoutingMaps[K] =>
    ShardedMap.from<AccountEntry | TrunkEntry>(
      new Map(slices.map(({ shard, maps }) => [shard, maps[key]])),
    ) as RoutingMaps[K];
  return new ConfigIndex({
    global: config.global,
    secretGlobal: config.secrets.find((secret) => secret.shard === 'global'),
    routing: {
      trunksByDomain: merge('trunksByDomain'),
      trunksByNumber: merge('trunksByNumber'),
      accountsByNamespace: merge('accountsByNamespace'),
      accountsByName: merge('accountsByName'),
      accountsByNumber: merge('accountsByNumber'),
    },
    credentialLists: ShardedMap.from(
      new Map(config.secrets.map((secret) => [secret.shard, userMaps(secret)])),
    ),
  });
}

/** Lower case, without the trailing dot of a fully qualified name. */
export function canonicalHost(host: string): string {
  const lower = host.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

interface RoutingSlice {
  trunksByDomain: Map<string, TrunkEntry>;
  trunksByNumber: Map<string, TrunkEntry>;
  accountsByNamespace: Map<string, AccountEntry>;
  accountsByName: Map<string, AccountEntry>;
  accountsByNumber: Map<string, AccountEntry>;
}

function routingSlice(shard: RoutingShard): RoutingSlice {
  return {
    trunksByDomain: keyed(shard.trunks, (trunk) =>
      trunk.domainName === undefined ? [] : [trunk.domainName.toLowerCase()],
    ),
    trunksByNumber: keyed(shard.trunks, (trunk) => trunk.numbers),
    accountsByNamespace: keyed(shard.accounts, (account) => [account.namespace]),
    accountsByName: keyed(shard.accounts, (account) => [account.name]),
    accountsByNumber: keyed(shard.accounts, (account) => account.numbers),
  };
}

function withRouting(maps: RoutingMaps, shard: RoutingShard): RoutingMaps {
  const slice = routingSlice(shard);
  return {
    trunksByDomain: maps.trunksByDomain.with(shard.shard, slice.trunksByDomain),
    trunksByNumber: maps.trunksByNumber.with(shard.shard, slice.trunksByNumber),
    accountsByNamespace: maps.accountsByNamespace.with(shard.shard, slice.accountsByNamespace),
    accountsByName: maps.accountsByName.with(shard.shard, slice.accountsByName),
    accountsByNumber: maps.accountsByNumber.with(shard.shard, slice.accountsByNumber),
  };
}

function userMaps(shard: SecretShard): Map<string, ReadonlyMap<string, CredentialHash>> {
  const lists = new Map<string, ReadonlyMap<string, CredentialHash>>();
  for (const [key, hashes] of Object.entries(shard.credentialLists)) {
    lists.set(
      key,
      keyed(hashes, (hash) => [hash.username]),
    );
  }
  return lists;
}

/** The first entry keeps a key, as in the operator. */
function keyed<T>(entries: readonly T[], keysOf: (entry: T) => readonly string[]): Map<string, T> {
  const map = new Map<string, T>();
  for (const entry of entries) {
    for (const key of keysOf(entry)) if (!map.has(key)) map.set(key, entry);
  }
  return map;
}

/* Compiled on a trunk's or account's first call and kept as long as its entry: a shard change costs nothing for the rest. */
const accessTables = new WeakMap<TrunkEntry, CidrTable<AddressMatch>>();
const callerIdSets = new WeakMap<AccountEntry, CallerIds>();

function accessTable(trunk: TrunkEntry): CidrTable<AddressMatch> {
  let table = accessTables.get(trunk);
  if (table === undefined) {
    table = new CidrTable(
      trunk.ipAccessControlLists.flatMap((list) =>
        list.cidrs.map((cidr) => [cidr, { list: list.key, cidr }] as const),
      ),
    );
    accessTables.set(trunk, table);
  }
  return table;
}

function callerIds(account: AccountEntry): CallerIds {
  let sets = callerIdSets.get(account);
  if (sets === undefined) {
    sets = { numbers: new Set(account.numbers), verified: new Set(account.verifiedCallerIds) };
    callerIdSets.set(account, sets);
  }
  return sets;
}
