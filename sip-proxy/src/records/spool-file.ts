// SPDX-License-Identifier: Apache-2.0
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { OPEN_SUFFIX } from './spool-files.ts';

/** The part of a file handle that a spool file needs; tests stand in a disk that is full. */
export interface SpoolHandle {
  appendFile(data: string): Promise<unknown>;
  truncate(bytes: number): Promise<unknown>;
  close(): Promise<unknown>;
}

export type OpenSpoolHandle = (path: string) => Promise<SpoolHandle>;

const openExclusive: OpenSpoolHandle = (path) => open(path, 'ax', 0o600);

/** One `.open` file while it grows. */
export interface SpoolFile {
  readonly openedAt: number;
  readonly lines: number;
  /** Appends whole lines; where that fails the file is cut back to its last whole line, and the error thrown. */
  append(lines: string[]): Promise<void>;
  /** Closes and gives the file its final name. */
  complete(): Promise<void>;
}

export const openSpoolFile = async (
  dir: string,
  name: string,
  openHandle = openExclusive,
): Promise<SpoolFile> => {
  const growing = join(dir, name + OPEN_SUFFIX);
  const handle = await openHandle(growing);
  let bytes = 0;
  let count = 0;
  return {
    openedAt: Date.now(),
    get lines() {
      return count;
    },
    append: async (lines) => {
      const text = lines.join('');
      try {
        await handle.appendFile(text);
      } catch (error) {
        // A full disk takes the first half of a line. What cannot be cut off the writer sets aside as broken.
        await handle.truncate(bytes).catch(() => undefined);
        throw error;
      }
      bytes += Buffer.byteLength(text);
      count += lines.length;
    },
    complete: async () => {
      await handle.close();
      await rename(growing, join(dir, name));
    },
  };
};
