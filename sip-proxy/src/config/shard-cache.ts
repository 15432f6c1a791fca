// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ShardDirectory } from './shard-directory.ts';
import type { Shard } from './shard-file.ts';

/**
 * The shards applied last, on this machine's disk: a proxy that starts while the API server is away begins with them. Laid out as
 * a shard directory. Files are replaced whole, and what a crash cuts off is refused by its revision when it is read.
 */
export class ShardCache {
  readonly #dir: string | undefined;
  readonly #log: Pick<Logger, 'warn' | 'error'>;
  #writing: Promise<void> = Promise.resolve();

  /** Without a directory nothing is kept. */
  constructor(dir: string | undefined, log: Pick<Logger, 'warn' | 'error'>) {
    this.#dir = dir;
    this.#log = log;
  }

  /** What was saved; nothing where nothing was, or where it cannot be read. */
  async load(): Promise<ReadonlyMap<string, Shard>> {
    if (this.#dir === undefined) return new Map();
    try {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 });
      return await new ShardDirectory(this.#dir, this.#log).changes();
    } catch (err) {
      this.#log.warn({ dir: this.#dir, err }, 'the configuration cache cannot be read');
      return new Map();
    }
  }

  /** Saves texts by shard name; undefined: the shard is gone. Resolves when it is done; a disk that fails is logged. */
  save(changes: ReadonlyMap<string, string | undefined>): Promise<void> {
    const dir = this.#dir;
    if (dir === undefined) return this.#writing;
    this.#writing = this.#writing.then(async () => {
      try {
        for (const [name, text] of changes) await write(dir, name, text);
      } catch (err) {
        this.#log.warn({ dir, err }, 'the configuration cache cannot be written');
      }
    });
    return this.#writing;
  }
}

async function write(dir: string, name: string, text: string | undefined): Promise<void> {
  const path = join(dir, `${name}.json`);
  if (text === undefined) {
    await rm(path, { force: true });
    return;
  }
  const temporary = join(dir, `.${name}.tmp`);
  const mode = name.startsWith('secret-') ? 0o600 : 0o644;
  await writeFile(temporary, text, { mode });
  // A left-over temporary file keeps the mode that it had.
  await chmod(temporary, mode);
  await rename(temporary, path);
}
