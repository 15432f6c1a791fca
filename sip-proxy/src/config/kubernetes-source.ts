// SPDX-License-Identifier: Apache-2.0
import { Reflector, type Change, type KubeClient, type ResourceKind } from '@trunkline/kube';
import type { Logger } from 'pino';
import type { LeaseAck } from './lease-ack.ts';
import { LiveConfig } from './live-config.ts';
import { ShardCache } from './shard-cache.ts';
import { ShardInbox } from './shard-inbox.ts';
import { SHARD_KINDS, SHARD_SELECTOR, shardOf, shardTextOf, type ShardObject } from './shard-object.ts';
import type { ShardSource } from './shard-source.ts';

/** Shards of one publication arrive within moments of each other and are applied together. */
const SETTLE_MS = 5;
/** A shard that somebody deletes by mistake is put back by the operator well within this. */
const REMOVAL_GRACE_MS = 1_000;
/** Proxies are many, but none should be a minute late after the API server was away. */
const BACK_OFF = { firstMs: 500, maxMs: 3_000, jitter: 1 };

export interface KubernetesSourceOptions {
  client: KubeClient;
  namespace: string;
  /** Where the last good configuration is kept for a start without the API server; undefined: nowhere. */
  cacheDir: string | undefined;
  ack: LeaseAck;
  log: Logger;
  /** After each change; revisions by shard name. */
  onApplied?: ((revisions: Record<string, string>) => void) | undefined;
  removalGraceMs?: number;
}

/**
 * The shards that the operator publishes in a namespace, watched through the API. What is in force stays in force while the API
 * server is away; until it has been heard for the first time, the cache of the last run is.
 */
export class KubernetesSource implements ShardSource {
  readonly #options: KubernetesSourceOptions;
  readonly #log: Logger;
  readonly #live: LiveConfig;
  readonly #cache: ShardCache;
  readonly #reflectors: Map<ResourceKind, Reflector<ShardObject>>;
  readonly #removals = new Map<string, NodeJS.Timeout>();
  readonly #stop = new AbortController();
  readonly #runs: Promise<void>[];
  #inbox: ShardInbox;
  #heard = false;
  #settling: NodeJS.Timeout | undefined;

  constructor(options: KubernetesSourceOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#live = new LiveConfig(options.onApplied);
    this.#cache = new ShardCache(options.cacheDir, options.log);
    this.#inbox = new ShardInbox(new Map(), options.log);
    this.#reflectors = new Map(SHARD_KINDS.map((kind) => [kind, this.#reflectorOf(kind)]));
    const runs = [...this.#reflectors.values()].map((reflector) => reflector.run(this.#stop.signal));
    this.#runs = [...runs, this.#begin()];
  }

  get ready(): Promise<void> {
    return this.#live.ready;
  }

  get current() {
    return this.#live.current;
  }

  refresh(): Promise<void> {
    if (this.#heard) this.#apply();
    return this.#cache.save(new Map());
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#settling);
    for (const timer of this.#removals.values()) clearTimeout(timer);
    await Promise.all(this.#runs);
    await this.#cache.save(new Map());
    await this.#options.ack.close();
    await this.#options.client.close();
  }

  #reflectorOf(kind: ResourceKind): Reflector<ShardObject> {
    const { client, namespace, log } = this.#options;
    const reflector = new Reflector<ShardObject>({
      ...{ client, kind, namespace, log },
      labelSelector: SHARD_SELECTOR,
      timing: { backOff: BACK_OFF },
    });
    reflector.cache.subscribe((change) => {
      if (this.#heard) this.#hear(kind, change);
    });
    return reflector;
  }

  async #begin(): Promise<void> {
    const over = new Promise((resolve) => {
      this.#stop.signal.addEventListener('abort', resolve, { once: true });
    });
    const saved = await this.#cache.load();
    this.#inbox = new ShardInbox(saved, this.#log);
    if (this.#live.apply(saved, saved))
      this.#log.info({ shards: saved.size }, 'configuration of the last run is in force');
    // Both, because a trunk without its users would refuse them.
    const synced = [...this.#reflectors.values()].map((reflector) => reflector.synced);
    await Promise.race([Promise.all(synced), over]);
    if (this.#stop.signal.aborted) return;
    this.#heard = true;
    this.#takeAll();
  }

  /** The API's word on every shard, after the first list. */
  #takeAll(): void {
    const present = new Set<string>();
    for (const [kind, { cache }] of this.#reflectors) {
      for (const object of cache.list()) {
        const name = shardOf(kind, object);
        if (name === undefined) continue;
        present.add(name);
        this.#inbox.put(name, shardTextOf(kind, object));
      }
    }
    // Nothing published at all is no publication: a new operator has not begun yet, or a namespace was emptied.
    if (present.has('global')) {
      for (const name of this.#inbox.shards.keys()) if (!present.has(name)) this.#inbox.put(name, undefined);
    }
    this.#apply(true);
  }

  #hear(kind: ResourceKind, { before, after }: Change<ShardObject>): void {
    const object = after ?? before;
    const name = object && shardOf(kind, object);
    if (name === undefined) return;
    clearTimeout(this.#removals.get(name));
    this.#removals.delete(name);
    if (after) {
      this.#inbox.put(name, shardTextOf(kind, after));
      this.#settling ??= setTimeout(() => {
        this.#apply();
      }, SETTLE_MS);
      return;
    }
    const removal = setTimeout(() => {
      this.#removals.delete(name);
      this.#inbox.put(name, undefined);
      this.#apply();
    }, this.#options.removalGraceMs ?? REMOVAL_GRACE_MS);
    this.#removals.set(name, removal);
  }

  #apply(first = false): void {
    clearTimeout(this.#settling);
    this.#settling = undefined;
    const { changes, texts } = this.#inbox.take();
    if (changes.size === 0 && !first) return;
    const revisions = this.#live.apply(changes, this.#inbox.shards);
    if (!revisions) {
      this.#log.warn('no install-wide shard (ConfigMap trunkline-global) yet; waiting for it');
      return;
    }
    this.#log.info({ shards: [...changes.keys()] }, 'configuration applied');
    this.#options.ack.acknowledge(revisions);
    void this.#cache.save(texts);
  }
}
