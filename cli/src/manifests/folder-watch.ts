// SPDX-License-Identifier: Apache-2.0
import { DirectoryWatches } from './directory-watches.ts';

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
    // Watched first, read then: what happens in between is an event.
    await watches.sync();
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
  const watches = new DirectoryWatches(directory, event);
  const poll = setInterval(() => void look(), timing.pollMs);
  void look();
  return {
    close: () => {
      closed = true;
      clearInterval(poll);
      clearTimeout(quiet);
      watches.close();
    },
  };
}
