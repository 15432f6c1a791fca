// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '@trunkline/crds';
import type { KubeClient, RuntimeMetrics } from '@trunkline/kube';
import type { Logger } from 'pino';
import type { SecretData } from '../compile/compiler.ts';
import { resourceKey, type ResourceKey } from '../compile/resources.ts';
import { compilable, type LiveResource } from './live-resource.ts';
import type { ResourceWatch } from './resource-watch.ts';
import { SecretRefs } from './secret-refs.ts';
import { SecretWatch } from './secret-watch.ts';

export interface InputChanges {
  upserted: Resource[];
  deleted: ResourceKey[];
  secrets: [key: string, data: SecretData | undefined][];
  /** Resources that have come, changed in any way, or gone. */
  touched: ResourceKey[];
}

export interface InputsOptions {
  client: KubeClient;
  namespaces: readonly string[] | undefined;
  resources: ResourceWatch;
  log: Logger;
  metrics?: RuntimeMetrics['reflector'] | undefined;
  /** Never called while an earlier call has not ended. */
  onChanges: (changes: InputChanges) => Promise<void>;
}

/** What comes within so long is compiled together. */
const SETTLE_MS = 5;
/** A Secret that cannot be had holds up everything else for so long; at the start longer, as much would be published without it. */
const SECRET_PATIENCE_MS = 2_000;
const FIRST_PATIENCE_MS = 30_000;

/** Resources, and the Secrets that they refer to, as a stream of changes. The first change is everything that there is. */
export class Inputs {
  readonly #options: InputsOptions;
  readonly #refs = new SecretRefs();
  readonly #secrets: SecretWatch;
  readonly #changed = new Map<ResourceKey, LiveResource | undefined>();
  readonly #changedSecrets = new Set<string>();
  #patienceMs = FIRST_PATIENCE_MS;
  #timer: NodeJS.Timeout | undefined;
  #handling: Promise<void> | undefined;
  #over = false;

  constructor(options: InputsOptions) {
    this.#options = options;
    const { client, namespaces, log, metrics } = options;
    this.#secrets = new SecretWatch({
      ...{ client, namespaces, log, metrics },
      onChange: (key) => {
        this.#changedSecrets.add(key);
        this.#schedule();
      },
    });
  }

  get namedSecretWatches(): number {
    return this.#secrets.namedWatches;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { resources } = this.#options;
    const over = new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
      if (signal.aborted) resolve(undefined);
    });
    const running = this.#secrets.run(signal);
    await Promise.race([this.#secrets.synced(), over]);
    const end = resources.subscribe((key, after) => {
      this.#hear(key, after);
    });
    for (const resource of resources.list()) this.#hear(resourceKey(resource), resource);
    // Also where there is nothing at all: the install-wide shard is published in any case.
    this.#schedule();
    await over;
    this.#over = true;
    end();
    clearTimeout(this.#timer);
    await Promise.all([running, this.#handling]);
  }

  #hear(key: ResourceKey, after: LiveResource | undefined): void {
    const { added, dropped } = this.#refs.replace(key, after);
    for (const secret of added) this.#secrets.want(secret);
    for (const secret of dropped) this.#secrets.drop(secret);
    for (const secret of [...added, ...dropped]) this.#changedSecrets.add(secret);
    this.#changed.set(key, after);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#over || this.#handling) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#handling = this.#handle().finally(() => {
        this.#handling = undefined;
        if (this.#changed.size + this.#changedSecrets.size > 0) this.#schedule();
      });
    }, SETTLE_MS);
  }

  async #handle(): Promise<void> {
    await this.#secrets.settled(this.#patienceMs);
    if (this.#over) return;
    this.#patienceMs = SECRET_PATIENCE_MS;
    try {
      await this.#options.onChanges(this.#take());
    } catch (err) {
      this.#options.log.error({ err }, 'a change could not be compiled');
    }
  }

  #take(): InputChanges {
    const changes: InputChanges = { upserted: [], deleted: [], secrets: [], touched: [] };
    for (const [key, resource] of this.#changed) {
      changes.touched.push(key);
      if (resource) changes.upserted.push(compilable(resource));
      else changes.deleted.push(key);
    }
    for (const key of this.#changedSecrets) changes.secrets.push([key, this.#secrets.data(key)]);
    this.#changed.clear();
    this.#changedSecrets.clear();
    return changes;
  }
}
