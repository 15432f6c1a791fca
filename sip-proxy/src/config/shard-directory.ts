// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { emptyShard, parseShard, shardNameOf, type Shard } from './shard-file.ts';

/** The files of a shard directory, read again only where they have changed. A broken one is told once and left alone. */
export class ShardDirectory {
  readonly #dir: string;
  readonly #log: Pick<Logger, 'warn' | 'error'>;
  /** Time, size and inode of each file as last read. */
  readonly #stamps = new Map<string, string>();
  readonly #good = new Map<string, Shard>();

  constructor(dir: string, log: Pick<Logger, 'warn' | 'error'>) {
    this.#dir = dir;
    this.#log = log;
  }

  /** Last good state of every shard that is there. */
  get shards(): ReadonlyMap<string, Shard> {
    return this.#good;
  }

  /**
   * What has changed since the last call, by shard name; a shard whose file is gone comes empty.
   * @throws where the directory cannot be read
   */
  async changes(): Promise<Map<string, Shard>> {
    const names = (await readdir(this.#dir)).map(shardNameOf).filter((name) => name !== undefined);
    const changes = new Map<string, Shard>();
    for (const name of names) {
      const shard = await this.#readChanged(name);
      if (!shard || shard.revision === this.#good.get(name)?.revision) continue;
      this.#good.set(name, shard);
      changes.set(name, shard);
    }
    for (const name of this.#stamps.keys()) {
      const empty = names.includes(name) ? undefined : this.#gone(name);
      if (empty) changes.set(name, empty);
    }
    return changes;
  }

  /** Undefined where the file is as it was, is broken, or was replaced this very moment (the next look finds it). */
  async #readChanged(name: string): Promise<Shard | undefined> {
    const path = join(this.#dir, `${name}.json`);
    const found = await stat(path).catch(() => undefined);
    if (!found) return undefined;
    const stamp = `${found.mtimeMs}/${found.size}/${found.ino}`;
    if (this.#stamps.get(name) === stamp) return undefined;
    this.#stamps.set(name, stamp);
    try {
      return parseShard(name, await readFile(path, 'utf8'));
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      const kept = this.#good.get(name)?.revision ?? 'none';
      this.#log.error(
        { shard: name, path, problem, kept },
        'shard refused; its last good state stays in force',
      );
      return undefined;
    }
  }

  #gone(name: string): Shard | undefined {
    this.#stamps.delete(name);
    const empty = emptyShard(name);
    if (!empty)
      this.#log.warn({ shard: name }, 'the install-wide shard is gone; its last state stays in force');
    return empty && this.#good.delete(name) ? empty : undefined;
  }
}
