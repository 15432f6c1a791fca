// SPDX-License-Identifier: Apache-2.0
import {
  Reflector,
  refOf,
  SECRET,
  type KubeClient,
  type KubeObject,
  type RuntimeMetrics,
} from '@trunkline/kube';
import type { Logger } from 'pino';
import type { SecretData } from '../compile/compiler.ts';
import { WATCH_TIMING } from './watch-timing.ts';

/** Secrets with this label are watched together. */
export const SECRET_LABEL = 'trunkline.dev/credentials=true';

interface Secret extends KubeObject {
  data?: Record<string, string>;
}

export interface SecretWatchOptions {
  client: KubeClient;
  /** Where labelled Secrets are watched; undefined: everywhere. */
  namespaces: readonly string[] | undefined;
  log: Logger;
  metrics?: RuntimeMetrics['reflector'] | undefined;
  /** `namespace/name` of a Secret that is wanted and is another one now. */
  onChange: (key: string) => void;
}

interface Named {
  reflector: Reflector<Secret>;
  stop: AbortController;
}

/**
 * The Secrets that somebody refers to, and no others: the labelled ones by one watch, any other by a watch for its name alone. A
 * Secret that moves from one sort to the other is never gone in between.
 */
export class SecretWatch {
  readonly #options: SecretWatchOptions;
  readonly #labelled: Reflector<Secret>[];
  readonly #wanted = new Set<string>();
  readonly #named = new Map<string, Named>();
  /** As last heard, while a new watch for it has not said anything yet. */
  readonly #last = new Map<string, SecretData>();
  readonly #runs = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;

  constructor(options: SecretWatchOptions) {
    this.#options = options;
    this.#labelled = (options.namespaces ?? [undefined]).map((namespace) =>
      this.#reflector({ namespace, labelSelector: SECRET_LABEL }),
    );
    for (const { cache } of this.#labelled) {
      cache.subscribe(({ key }) => {
        if (this.#wanted.has(key)) this.#moved(key);
      });
    }
  }

  get namedWatches(): number {
    return this.#named.size;
  }

  async synced(): Promise<void> {
    await Promise.all(this.#labelled.map(({ synced }) => synced));
  }

  get hasSynced(): boolean {
    return this.#labelled.every(({ hasSynced }) => hasSynced);
  }

  /** Ends when everything has stopped. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const key of this.#wanted) this.#watchByName(key);
    await Promise.all(this.#labelled.map((reflector) => reflector.run(signal)));
    await Promise.all(this.#runs);
  }

  /** From now on somebody refers to it. */
  want(key: string): void {
    if (this.#wanted.has(key)) return;
    this.#wanted.add(key);
    this.#watchByName(key);
  }

  /** Nobody does any more. */
  drop(key: string): void {
    this.#wanted.delete(key);
    this.#last.delete(key);
    this.#end(key);
  }

  /** Decoded values, as last heard; undefined where there is no such Secret. */
  data(key: string): SecretData | undefined {
    const labelled = this.#labelledOne(key);
    const named = this.#named.get(key)?.reflector;
    const found = labelled ?? named?.cache.get(key);
    if (found) {
      const data = decoded(found);
      this.#last.set(key, data);
      return data;
    }
    if (named?.hasSynced === true) this.#last.delete(key);
    return this.#last.get(key);
  }

  /** Resolves when every wanted Secret has been asked for and answered, or after the time. */
  async settled(withinMs: number): Promise<void> {
    const unheard = [...this.#named.values()].filter(({ reflector }) => !reflector.hasSynced);
    if (unheard.length === 0) return;
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      late.resolve(undefined);
    }, withinMs);
    await Promise.race([late.promise, Promise.all(unheard.map(({ reflector }) => reflector.synced))]);
    clearTimeout(timer);
  }

  /** A labelled Secret came, changed or went. */
  #moved(key: string): void {
    if (this.#labelledOne(key)) this.#end(key);
    else this.#watchByName(key);
    this.#options.onChange(key);
  }

  #watchByName(key: string): void {
    if (this.#signal === undefined || this.#named.has(key) || this.#labelledOne(key)) return;
    const { namespace, name } = refOf(key);
    const reflector = this.#reflector({ namespace, fieldSelector: `metadata.name=${name}` });
    const stop = new AbortController();
    reflector.cache.subscribe(() => {
      this.#options.onChange(key);
    });
    this.#named.set(key, { reflector, stop });
    // The first list may say that it is not there, of which no cache tells.
    void reflector.synced.then(() => {
      if (this.#named.get(key)?.reflector === reflector) this.#options.onChange(key);
    });
    const run = reflector.run(AbortSignal.any([stop.signal, this.#signal])).finally(() => {
      this.#runs.delete(run);
    });
    this.#runs.add(run);
  }

  #end(key: string): void {
    this.#named.get(key)?.stop.abort();
    this.#named.delete(key);
  }

  #labelledOne(key: string): Secret | undefined {
    for (const { cache } of this.#labelled) {
      const found = cache.get(key);
      if (found) return found;
    }
    return undefined;
  }

  #reflector(selection: { namespace: string | undefined; labelSelector?: string; fieldSelector?: string }) {
    const { client, log, metrics } = this.#options;
    return new Reflector<Secret>({ client, kind: SECRET, log, metrics, timing: WATCH_TIMING, ...selection });
  }
}

function decoded({ data = {} }: Secret): SecretData {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
