// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import { emptyShard, parseShard, type Shard } from './shard-file.ts';

export interface Taken {
  /** By shard name; one that is gone comes empty. */
  changes: ReadonlyMap<string, Shard>;
  /** What to save; undefined: the shard is gone. */
  texts: ReadonlyMap<string, string | undefined>;
}

/** Shards as they arrive, checked: what is broken is told, and never takes the place of what is good. */
export class ShardInbox {
  readonly #log: Pick<Logger, 'warn' | 'error'>;
  readonly #good: Map<string, Shard>;
  readonly #arrived = new Map<string, string | undefined>();

  /** `known`: what holds already. */
  constructor(known: ReadonlyMap<string, Shard>, log: Pick<Logger, 'warn' | 'error'>) {
    this.#good = new Map(known);
    this.#log = log;
  }

  /** Last good state of every shard that is there. */
  get shards(): ReadonlyMap<string, Shard> {
    return this.#good;
  }

  /** `text` undefined: the shard is gone. */
  put(name: string, text: string | undefined): void {
    this.#arrived.set(name, text);
  }

  /** What is new and good among what has arrived since the last call. */
  take(): Taken {
    const changes = new Map<string, Shard>();
    const texts = new Map<string, string | undefined>();
    for (const [name, text] of this.#arrived) {
      const shard = text === undefined ? this.#gone(name) : this.#checked(name, text);
      if (!shard) continue;
      changes.set(name, shard);
      texts.set(name, text);
    }
    this.#arrived.clear();
    return { changes, texts };
  }

  #checked(name: string, text: string): Shard | undefined {
    const known = this.#good.get(name);
    try {
      const shard = parseShard(name, text);
      if (shard.revision === known?.revision) return undefined;
      this.#good.set(name, shard);
      return shard;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.#log.error(
        { shard: name, problem, kept: known?.revision ?? 'none' },
        'shard refused; its last good state stays in force',
      );
      return undefined;
    }
  }

  #gone(name: string): Shard | undefined {
    const empty = emptyShard(name);
    if (!empty)
      this.#log.warn({ shard: name }, 'the install-wide shard is gone; its last state stays in force');
    return empty && this.#good.delete(name) ? empty : undefined;
  }
}
