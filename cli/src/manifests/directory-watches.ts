// SPDX-License-Identifier: Apache-2.0
import { watch, type FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

interface Watched {
  inode: number;
  watcher: FSWatcher;
}

/**
 * A watch on a directory and every directory below it; where the path is a file, on the directory around it. Node's own
 * recursive watch loses a file for good once another is renamed over it, and that is how most programs save.
 */
export class DirectoryWatches {
  readonly #path: string;
  readonly #onEvent: () => void;
  readonly #watched = new Map<string, Watched>();
  #closed = false;

  constructor(path: string, onEvent: () => void) {
    this.#path = path;
    this.#onEvent = onEvent;
  }

  /** Watches what has come and forgets what has gone. Never throws: what cannot be watched is for the poll. */
  async sync(): Promise<void> {
    const there = await directories(this.#path).catch(() => new Map<string, number>());
    if (this.#closed) return;
    // One that was deleted and made again is another directory.
    for (const [path, { inode }] of this.#watched) if (there.get(path) !== inode) this.#forget(path);
    for (const [path, inode] of there) if (!this.#watched.has(path)) this.#add(path, inode);
  }

  close(): void {
    this.#closed = true;
    for (const path of [...this.#watched.keys()]) this.#forget(path);
  }

  #add(path: string, inode: number): void {
    try {
      const watcher = watch(path, this.#onEvent);
      watcher.on('error', () => {
        this.#forget(path);
      });
      this.#watched.set(path, { inode, watcher });
    } catch {
      // Gone again, or the system allows no more watches.
    }
  }

  #forget(path: string): void {
    this.#watched.get(path)?.watcher.close();
    this.#watched.delete(path);
  }
}

/** By path, with the inode. Names that begin with a dot hold no manifests. */
async function directories(path: string): Promise<Map<string, number>> {
  const top = await stat(path);
  if (!top.isDirectory()) return new Map([[dirname(path), (await stat(dirname(path))).ino]]);
  const found = new Map([[path, top.ino]]);
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const below = await directories(join(path, entry.name)).catch(() => new Map<string, number>());
    for (const [name, inode] of below) found.set(name, inode);
  }
  return found;
}
