// SPDX-License-Identifier: Apache-2.0
import type { Kind } from '@trunkline/crds';
import { Reflector, type KubeClient, type RuntimeMetrics } from '@trunkline/kube';
import type { Logger } from 'pino';
import type { ResourceKey } from '../compile/resources.ts';
import { RESOURCE_KINDS, type LiveResource } from './live-resource.ts';
import { WATCH_TIMING } from './watch-timing.ts';

export interface ResourceWatchOptions {
  client: KubeClient;
  /** Undefined: all. Cluster-scoped kinds are watched in any case. */
  namespaces: readonly string[] | undefined;
  log: Logger;
  metrics?: RuntimeMetrics['reflector'] | undefined;
}

export type ResourceListener = (key: ResourceKey, after: LiveResource | undefined) => void;

/** Every custom resource that counts, as last heard. */
export class ResourceWatch {
  readonly #reflectors: { kind: Kind; reflector: Reflector<LiveResource> }[];

  constructor({ client, namespaces, log, metrics }: ResourceWatchOptions) {
    this.#reflectors = (Object.keys(RESOURCE_KINDS) as Kind[]).flatMap((kind) =>
      (RESOURCE_KINDS[kind].namespaced ? (namespaces ?? [undefined]) : [undefined]).map((namespace) => ({
        kind,
        reflector: new Reflector<LiveResource>({
          ...{ client, kind: RESOURCE_KINDS[kind], namespace, log, metrics },
          timing: WATCH_TIMING,
        }),
      })),
    );
  }

  /** Resolves when all has been listed once. */
  async synced(): Promise<void> {
    await Promise.all(this.#reflectors.map(({ reflector }) => reflector.synced));
  }

  /** Kinds that have not been listed yet. */
  get missing(): Kind[] {
    return this.#reflectors.filter(({ reflector }) => !reflector.hasSynced).map(({ kind }) => kind);
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map(({ reflector }) => reflector.run(signal)));
  }

  get(key: ResourceKey): LiveResource | undefined {
    const slash = key.indexOf('/');
    const local = key.slice(slash + 1);
    for (const { kind, reflector } of this.#reflectors) {
      const found = kind === key.slice(0, slash) ? reflector.cache.get(local) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  list(wanted?: Kind): LiveResource[] {
    return this.#reflectors.flatMap(({ kind, reflector }) =>
      wanted === undefined || wanted === kind ? reflector.cache.list() : [],
    );
  }

  /** Tells of each change. Returns what ends it. */
  subscribe(listener: ResourceListener): () => void {
    const ends = this.#reflectors.map(({ kind, reflector }) =>
      reflector.cache.subscribe(({ key, after }) => {
        listener(`${kind}/${key}`, after);
      }),
    );
    return () => {
      for (const end of ends) end();
    };
  }
}
