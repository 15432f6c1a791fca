// SPDX-License-Identifier: Apache-2.0
import type { EdgeConfig, GlobalShard, Resource, RoutingShard, SecretShard } from '@trunkline/crds';
import { Derivations, type Query } from './derivations.ts';
import { cells, type CompileSettings } from './facts.ts';
import type { Finding } from './issue.ts';
import { ResourceIndex } from './resource-index.ts';
import { compareText, resourceKey, type ResourceKey } from './resources.ts';
import { globalShard, routingShard, secretShard } from './shards.ts';
import { statusReport, type ResourceStatus, type StatusReport } from './statuses.ts';

/** Decoded values of a Secret, by key. */
export type SecretData = Record<string, string>;

/** What has changed since the last `apply`; `undefined` as a Secret's data means that it is gone. */
export interface Changes {
  upserted?: Iterable<Resource>;
  deleted?: Iterable<ResourceKey>;
  /** By `namespace/name`. */
  secrets?: Iterable<[key: string, data: SecretData | undefined]>;
  settings?: CompileSettings;
}

/** Names are as in file names: `global`, `3f`, `secret-global`, `secret-3f`. */
export interface Applied {
  changedShards: string[];
  /** Resources whose status is another one now; deleted ones are not listed. */
  changedStatuses: ResourceKey[];
}

const ROOTS = new Map<string, Query<unknown>>(
  [statusReport, routingShard, secretShard, globalShard].map((query) => [query.name, query]),
);

/**
 * Compiles resources and keeps the result up to date: after a change, only what the change can touch is compiled
 * again. Deterministic: the state after any sequence of changes equals a compilation from scratch.
 */
export class Compiler {
  readonly #derivations = new Derivations();
  readonly #index = new ResourceIndex();
  readonly #resources = new Map<ResourceKey, Resource>();
  readonly #shardNames = new Set<string>();
  readonly #reports = new Map<ResourceKey, StatusReport>();
  readonly #routing = new Map<string, RoutingShard>();
  readonly #secrets = new Map<string, SecretShard>();
  #global: GlobalShard;

  constructor(settings: CompileSettings) {
    this.#derivations.set(cells.settings, settings);
    this.#derivations.pin(globalShard, '');
    this.#derivations.pin(secretShard, 'global');
    this.#global = this.#derivations.derive(globalShard, '');
  }

  apply(changes: Changes): Applied {
    if (changes.settings) this.#derivations.set(cells.settings, changes.settings);
    for (const [key, data] of changes.secrets ?? []) this.#derivations.set(cells.secret(key), data);
    for (const key of changes.deleted ?? []) this.#replace(key, undefined);
    for (const resource of changes.upserted ?? []) this.#replace(resourceKey(resource), resource);
    for (const [term, keys] of this.#index.takeTouched()) {
      this.#derivations.set(cells.listed(term), keys);
      this.#pinShard(term);
    }
    return this.#collect();
  }

  /** All shards as they are now, in order of their names. */
  config(): EdgeConfig {
    return { global: this.#global, routing: inOrder(this.#routing), secrets: inOrder(this.#secrets) };
  }

  resource(key: ResourceKey): Resource | undefined {
    return this.#resources.get(key);
  }

  status(key: ResourceKey): ResourceStatus | undefined {
    return this.#reports.get(key)?.status;
  }

  /** Statuses of all resources, in order of their keys. */
  statuses(): Map<ResourceKey, ResourceStatus> {
    return new Map(sortedEntries(this.#reports).map(([key, report]) => [key, report.status]));
  }

  /** Everything that the owners of the resources should know, in order of their keys. */
  findings(): Finding[] {
    return sortedEntries(this.#reports).flatMap(([key, report]) =>
      report.issues.map((issue) => ({ ...issue, resourceKey: key })),
    );
  }

  #replace(key: ResourceKey, resource: Resource | undefined): void {
    this.#index.replace(this.#resources.get(key), resource);
    this.#derivations.set(cells.resource(key), resource);
    if (resource) {
      this.#resources.set(key, resource);
      this.#derivations.pin(statusReport, key);
    } else {
      this.#resources.delete(key);
      this.#reports.delete(key);
      this.#derivations.unpin(statusReport, key);
    }
  }

  /** Shards that ever had content stay pinned: there are at most 256. */
  #pinShard(term: string): void {
    const name = /^(?:accounts-)?in-shard ([0-9a-f]{2})$/.exec(term)?.[1];
    if (name === undefined || this.#shardNames.has(name)) return;
    this.#shardNames.add(name);
    this.#derivations.pin(routingShard, name);
    this.#derivations.pin(secretShard, name);
  }

  #collect(): Applied {
    const applied: Applied = { changedShards: [], changedStatuses: [] };
    for (const id of this.#derivations.takeStale()) {
      const space = id.indexOf(' ');
      const argument = id.slice(space + 1);
      this.#collectRoot(ROOTS.get(id.slice(0, space)), argument, applied);
    }
    applied.changedShards.sort(compareText);
    applied.changedStatuses.sort(compareText);
    return applied;
  }

  #collectRoot(root: Query<unknown> | undefined, argument: string, applied: Applied): void {
    if (root === statusReport) {
      const report = this.#derivations.derive(statusReport, argument);
      if (report && store(this.#reports, argument, report)) applied.changedStatuses.push(argument);
    } else if (root === globalShard) {
      const shard = this.#derivations.derive(globalShard, '');
      if (shard.revision !== this.#global.revision) applied.changedShards.push('global');
      this.#global = shard;
    } else if (root === routingShard) {
      const shard = this.#derivations.derive(routingShard, argument);
      if (store(this.#routing, argument, shard)) applied.changedShards.push(argument);
    } else {
      const shard = this.#derivations.derive(secretShard, argument);
      if (store(this.#secrets, argument, shard)) applied.changedShards.push(`secret-${argument}`);
    }
  }
}

/** Queries keep the old object where nothing changed, so that identity tells. */
function store<T>(map: Map<string, T>, key: string, value: T | undefined): boolean {
  if (map.get(key) === value) return false;
  if (value === undefined) map.delete(key);
  else map.set(key, value);
  return true;
}

function sortedEntries<T>(map: Map<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => compareText(a, b));
}

function inOrder<T>(map: Map<string, T>): T[] {
  return sortedEntries(map).map(([, value]) => value);
}
