// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import type { KubeClient, Selection, WatchEvent } from '../api/kube-client.ts';
import { errorFromStatus, isKubeError, KubeError } from '../api/kube-error.ts';
import { keyOf, type KubeObject, type ResourceKind } from '../api/objects.ts';
import { BackOff, isOver, pause } from '../back-off.ts';
import type { ReflectorMetrics } from '../observe/reflector-metrics.ts';
import { Cache, type IndexFunction, type Lister } from './cache.ts';
import { listAll } from './list-all.ts';
import { REFLECTOR_TIMING, type ReflectorTiming } from './timing.ts';

export interface ReflectorOptions<T extends KubeObject> extends Selection {
  client: KubeClient;
  kind: ResourceKind;
  indexes?: Record<string, IndexFunction<T>>;
  timing?: Partial<ReflectorTiming>;
  log: Logger;
  metrics?: ReflectorMetrics | undefined;
}

/** What a server may ask us to wait at most. */
const LONGEST_WISH_MS = 60_000;

/**
 * Keeps a cache equal to what the API server has: a paged list, then a watch from there. Nothing that a server or the way to it
 * does ends it, only the signal: a watch that ends, is reset or says nothing is opened again from the last version heard; a
 * version that is too old (410), or a stream that makes no sense, is answered by a new list. Listeners are told of what changed;
 * what they throw is logged.
 */
export class Reflector<T extends KubeObject> {
  readonly cache: Lister<T>;
  /** Resolves after the first list. */
  readonly synced: Promise<void>;
  readonly #options: ReflectorOptions<T>;
  readonly #timing: ReflectorTiming;
  readonly #cache: Cache<T>;
  readonly #backOff: BackOff;
  readonly #log: Logger;
  readonly #markSynced: () => void;
  #hasSynced = false;
  /** Where a watch goes on; none: list first. */
  #version: string | undefined;
  #openedAt: number | undefined;
  #failingSince: Date | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#timing = { ...REFLECTOR_TIMING, ...options.timing };
    this.#backOff = new BackOff(this.#timing.backOff);
    this.#log = options.log.child({ kind: options.kind.kind });
    this.#cache = new Cache(options.indexes, (err) => {
      this.#log.error({ err }, 'a listener of the cache failed');
    });
    this.cache = this.#cache;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.synced = promise;
    this.#markSynced = () => {
      this.#hasSynced = true;
      resolve(undefined);
    };
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Since when the server is not to be had; undefined while all is well. The cache holds what was last heard. */
  get failingSince(): Date | undefined {
    return this.#failingSince;
  }

  /** Runs until the signal fires. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!isOver(signal)) {
      this.#openedAt = undefined;
      let failure: unknown;
      try {
        if (this.#version === undefined) await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (isOver(signal)) return;
        failure = error;
      }
      const waitMs = this.#afterWatch(failure);
      if (waitMs > 0) await pause(waitMs, signal);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, kind, metrics } = this.#options;
    const query = { limit: this.#timing.pageSize, timeoutMs: this.#timing.listTimeoutMs, signal };
    const { items, resourceVersion } = await listAll<T>(client, kind, { ...query, ...this.#selection() });
    this.#cache.replaceAll(items.map((item) => this.#prepared(item)));
    this.#version = resourceVersion;
    this.#failingSince = undefined;
    metrics?.listed(kind.kind, items.length);
    this.#markSynced();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, kind, metrics } = this.#options;
    const { watchSeconds, watchdogMs, idleMs } = this.#timing;
    const [least, most] = watchSeconds;
    const timeoutSeconds = Math.round(least + Math.random() * (most - least));
    const events = client.watch(kind, {
      ...this.#selection(),
      resourceVersion: this.#version ?? '',
      timeoutSeconds,
      timeoutMs: timeoutSeconds * 1_000 + watchdogMs,
      idleMs,
      signal,
      onOpen: () => {
        this.#openedAt = performance.now();
        this.#failingSince = undefined;
        metrics?.watched(kind.kind);
      },
    });
    for await (const event of events) this.#take(event);
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') throw errorFromStatus(object, 500);
    const { metadata } = object as Partial<T>;
    if (typeof metadata?.resourceVersion !== 'string') {
      throw new KubeError({ code: 'malformed', message: `an event ${type} without a version` });
    }
    if (type === 'ADDED' || type === 'MODIFIED') this.#cache.set(this.#prepared(object as T));
    else if (type === 'DELETED') this.#cache.delete(keyOf(metadata));
    else if (type !== 'BOOKMARK') this.#log.warn({ type }, 'unknown type of event');
    this.#version = metadata.resourceVersion;
  }

  /** How long to wait before going on, after the server ended the watch or something failed. */
  #afterWatch(failure: unknown): number {
    // A watch that worked for a while and ended is no sign of trouble; one that ends at once may be.
    const worked =
      this.#openedAt !== undefined && performance.now() - this.#openedAt >= this.#timing.healthyMs;
    if (worked) this.#backOff.reset();
    const waitMs = worked ? 0 : this.#backOff.next();
    return failure === undefined ? waitMs : this.#afterFailure(failure, waitMs);
  }

  #afterFailure(failure: unknown, ownWaitMs: number): number {
    const error = isKubeError(failure) ? failure : undefined;
    if (this.#needsList(error)) this.#version = undefined;
    const waitMs = Math.max(ownWaitMs, Math.min(error?.retryAfterMs ?? 0, LONGEST_WISH_MS));
    this.#failingSince ??= new Date();
    const { kind, metrics } = this.#options;
    metrics?.failed(kind.kind, reasonOf(error));
    const listsAgain = this.#version === undefined;
    this.#log.warn({ err: failure, waitMs: Math.round(waitMs), listsAgain }, 'watch failed');
    return waitMs;
  }

  /** A server that keeps refusing to watch from a version may not know it, an etcd restored from a backup for one. */
  #needsList(error: KubeError | undefined): boolean {
    if (error === undefined || error.isGone || error.code === 'malformed') return true;
    return error.code === 'refused' && this.#backOff.failures >= this.#timing.refusalsBeforeList;
  }

  #selection(): Selection {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return { namespace, labelSelector, fieldSelector };
  }

  /** List items of built-in kinds have no kind; managedFields are half of an object, and nobody reads them here. */
  #prepared(object: T): T {
    if (typeof object.metadata.name !== 'string') {
      throw new KubeError({ code: 'malformed', message: 'an object without a name' });
    }
    const metadata = { ...object.metadata };
    delete metadata.managedFields;
    return { ...object, apiVersion: this.#options.kind.apiVersion, kind: this.#options.kind.kind, metadata };
  }
}

const reasonOf = (error: KubeError | undefined): string | number =>
  error === undefined ? 'internal' : error.status || error.code;
