// SPDX-License-Identifier: Apache-2.0
import { watch, type FSWatcher } from 'node:fs';

export interface FolderWatchTiming {
  /** Editors write in several steps: wait until nothing has happened for this long, */
  quietMs: number;
  /** but no longer than this. */
  longestMs: number;
  /** File systems without events (network, some containers) are read this often. */
  pollMs: number;
}

export const DEFAULT_WATCH_TIMING: FolderWatchTiming = { quietMs: 100, longestMs: 500, pollMs: 2_000 };

export interface FolderWatch {
  close(): void;
}

/** Calls `onNews` when something below the directory may have changed; one call at a time, none is lost. */
export function watchFolder(
  directory: string,
  onNews: () => Promise<void>,
  timing: FolderWatchTiming = DEFAULT_WATCH_TIMING,
): FolderWatch {
  let watcher: FSWatcher | undefined;
  let quiet: NodeJS.Timeout | undefined;
  let first = 0;
  let running = false;
  let again = false;
  let closed = false;

  const look = async (): Promise<void> => {
    clearTimeout(quiet);
    first = 0;
    again = running;
    if (running || closed) return;
    running = true;
    await onNews().catch(() => undefined);
    running = false;
    if (again) await look();
  };
  const event = (): void => {
    const now = Date.now();
    first ||= now;
    clearTimeout(quiet);
    const wait = Math.min(timing.quietMs, Math.max(first + timing.longestMs - now, 0));
    quiet = setTimeout(() => void look(), wait);
  };
  const startWatching = (): void => {
    if (watcher || closed) return;
    try {
      watcher = watch(directory, { recursive: true }, event);
      watcher.on('error', () => {
        watcher?.close();
        watcher = undefined;
      });
    } catch {
      // Gone for the moment: the poll goes on, and tries again.
    }
  };
  startWatching();
  const poll = setInterval(() => {
    startWatching();
    void look();
  }, timing.pollMs);
  return {
    close: () => {
      closed = true;
      clearInterval(poll);
      clearTimeout(quiet);
      watcher?.close();
    },
  };
}
