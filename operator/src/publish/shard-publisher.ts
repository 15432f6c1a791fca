// SPDX-License-Identifier: Apache-2.0
import {
  CONFIG_MAP,
  Controller,
  isKubeError,
  SECRET,
  WorkQueue,
  type Applier,
  type KubeClient,
  type KubeObject,
  type Lister,
  type RuntimeMetrics,
} from '@trunkline/kube';
import type { Logger } from 'pino';
import {
  MANAGED_BY,
  REVISION,
  SHARD_KEY,
  SHARD_LABEL,
  shardObject,
  type ShardObject,
} from './shard-objects.ts';
import type { ShardDocument } from './to-shards.ts';

export type Written = 'applied' | 'deleted' | 'failed';

export interface ShardPublisherOptions {
  client: Pick<KubeClient, 'delete'>;
  applier: Pick<Applier, 'apply'>;
  /** Asked before each write: false where another may be leading by now. */
  mayWrite: () => boolean;
  namespace: string;
  /** ConfigMaps and Secrets with our label, as last heard. */
  maps: Lister<ShardObject>;
  secrets: Lister<ShardObject>;
  log: Logger;
  metrics?: RuntimeMetrics | undefined;
  onWritten?: ((what: Written, document: ShardDocument | undefined) => void) | undefined;
  /** Why a document cannot be published has changed. */
  onFailure?: (() => void) | undefined;
}

/** One key for all: what is due is published together, in the order that keeps proxies right. */
const ALL = 'shards';
const AT_ONCE = 8;

/**
 * Makes the ConfigMaps and Secrets of a namespace hold the documents, and nothing but them: what is as it should be is left alone,
 * what somebody has changed or deleted is put back, what is no longer wanted is deleted.
 */
export class ShardPublisher {
  readonly #options: ShardPublisherOptions;
  readonly #controller: Controller;
  readonly #documents = new Map<string, ShardDocument>();
  readonly #due = new Set<string>();
  readonly #failures = new Map<string, string>();
  readonly #ends: (() => void)[];
  #begun = false;

  constructor(options: ShardPublisherOptions) {
    this.#options = options;
    const { log, metrics, maps, secrets } = options;
    this.#controller = new Controller({
      name: 'shards',
      reconcile: (_key, signal) => this.#publishDue(signal),
      queue: new WorkQueue({ backOff: { firstMs: 50, maxMs: 30_000 }, metrics: metrics?.queue('shards') }),
      log,
      metrics: metrics?.controller,
    });
    this.#ends = [
      maps.subscribe(({ key }) => {
        this.#touched(key, '');
      }),
      secrets.subscribe(({ key }) => {
        this.#touched(key, 'secret-');
      }),
    ];
  }

  /** Runs until the signal fires, and then until what is being written is written. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#controller.run(signal);
    for (const end of this.#ends) end();
  }

  /**
   * The documents are these from now on, by name; undefined: there is none. The first time it must be all of them: what is
   * published and not among them is deleted.
   */
  put(changes: Iterable<[name: string, document: ShardDocument | undefined]>): void {
    for (const [name, document] of changes) {
      if (document) this.#documents.set(name, document);
      else this.#documents.delete(name);
      this.#due.add(name);
    }
    if (!this.#begun) this.#lookAtAll();
    this.#controller.queue.add(ALL);
  }

  /** An earlier leader may have left what nobody wants any more. */
  #lookAtAll(): void {
    this.#begun = true;
    for (const { metadata } of this.#options.maps.list()) this.#touched(`/${metadata.name}`, '');
    for (const { metadata } of this.#options.secrets.list()) this.#touched(`/${metadata.name}`, 'secret-');
  }

  /** Why the document is not published; undefined where it is, or will be in a moment. */
  failure(name: string): string | undefined {
    return this.#failures.get(name);
  }

  #touched(key: string, prefix: string): void {
    // Before anything is wanted, everything would be deleted.
    if (!this.#begun) return;
    const shard = /\/trunkline-(global|[0-9a-f]{2})$/.exec(key)?.[1];
    if (shard === undefined) return;
    this.#due.add(prefix + shard);
    this.#controller.queue.add(ALL);
  }

  async #publishDue(signal: AbortSignal): Promise<undefined> {
    const due = [...this.#due].sort();
    this.#due.clear();
    const errors: unknown[] = [];
    for (const stage of this.#stages(due)) {
      await atOnce(stage, AT_ONCE, async (name) => {
        try {
          await this.#publish(name, signal);
          if (this.#failures.delete(name)) this.#options.onFailure?.();
        } catch (error) {
          this.#due.add(name);
          if (!signal.aborted) this.#failed(name, error);
          errors.push(error);
        }
      });
    }
    if (errors.length > 0) throw errors[0];
    return undefined;
  }

  /** Secrets come before the routing that needs them, and go after it. */
  #stages(due: string[]): string[][] {
    const isSecret = (name: string) => name.startsWith('secret-');
    const wanted = (name: string) => this.#documents.has(name);
    return [
      due.filter((name) => isSecret(name) && wanted(name)),
      due.filter((name) => !isSecret(name)),
      due.filter((name) => isSecret(name) && !wanted(name)),
    ];
  }

  async #publish(name: string, signal: AbortSignal): Promise<void> {
    const { client, applier, onWritten, mayWrite } = this.#options;
    const { kind, ref, live } = this.#placeOf(name);
    const document = this.#documents.get(name);
    if (document) {
      const object = shardObject(document, ref);
      if (live && isAsWanted(live, object)) return;
      const applied = await applier.apply({ kind, object, live, signal });
      if (applied === 'applied') onWritten?.(applied, document);
      return;
    }
    if (!live) return;
    if (!mayWrite()) throw new Error('not the leader any more: nothing is deleted');
    await client.delete(kind, ref, { uid: live.metadata.uid, signal });
    onWritten?.('deleted', undefined);
  }

  /** Where a document is published, and what the cache has there. */
  #placeOf(name: string) {
    const { namespace, maps, secrets } = this.#options;
    const secret = name.startsWith('secret-');
    const ref = { namespace, name: `trunkline-${name.replace(/^secret-/, '')}` };
    const live = (secret ? secrets : maps).get(`${namespace}/${ref.name}`);
    return { kind: secret ? SECRET : CONFIG_MAP, ref, live };
  }

  #failed(name: string, error: unknown): void {
    // Somebody else was faster: it is looked at again.
    if (isKubeError(error) && error.isConflict) return;
    this.#options.onWritten?.('failed', this.#documents.get(name));
    const message = error instanceof Error ? error.message : String(error);
    if (this.#failures.get(name) === message) return;
    this.#failures.set(name, message);
    this.#options.onFailure?.();
  }
}

/** Ours of it is as it should be; what others have added is theirs. */
function isAsWanted(live: ShardObject, wanted: ShardObject): boolean {
  return (
    live.data?.[SHARD_KEY] === wanted.data?.[SHARD_KEY] &&
    has(live, 'labels', MANAGED_BY, wanted) &&
    has(live, 'labels', SHARD_LABEL, wanted) &&
    has(live, 'annotations', REVISION, wanted)
  );
}

function has(live: KubeObject, where: 'labels' | 'annotations', key: string, wanted: KubeObject): boolean {
  return live.metadata[where]?.[key] === wanted.metadata[where]?.[key];
}

async function atOnce<T>(items: readonly T[], most: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
}
