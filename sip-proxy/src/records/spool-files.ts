// SPDX-License-Identifier: Apache-2.0
import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that a spool still appends to. */
export const OPEN_SUFFIX = '.open';
/** A complete file, ready for the writer. */
export const READY_SUFFIX = '.jsonl';

/** A living spool keeps a file open for 200 ms; one untouched for this long has lost its process. */
const ABANDONED_AFTER_MS = 60_000;

/** `<time>-<instance>-<seq>.jsonl`: fixed widths, so that names sort by time. */
export const spoolFileName = (at: Date, instance: string, sequence: number): string => {
  const time = at.toISOString().replaceAll(/[-:.]/g, '');
  return `${time}-${safeInstance(instance)}-${String(sequence).padStart(6, '0')}${READY_SUFFIX}`;
};

const safeInstance = (instance: string): string => instance.replaceAll(/[^\w.]/g, '_');

const instanceOf = (name: string): string | undefined => /^[^-]+-([\w.]+)-\d+\.jsonl/.exec(name)?.[1];

/** Names of complete files, oldest first. */
export const readyFiles = async (dir: string): Promise<string[]> =>
  (await readdir(dir)).filter((name) => name.endsWith(READY_SUFFIX)).sort();

/**
 * Renames what dead processes left open, so that the writer takes it: at once where it is our own instance's (there is
 * only one of us), else when nobody has touched it for a minute. Gives the names it picked up. A last line that was
 * cut off by the death is the writer's business.
 */
export const pickUpLeftovers = async (dir: string, instance?: string): Promise<string[]> => {
  const picked: string[] = [];
  for (const name of await readdir(dir)) {
    if (!name.endsWith(READY_SUFFIX + OPEN_SUFFIX)) continue;
    const ours = instance !== undefined && instanceOf(name) === safeInstance(instance);
    if (!ours && !(await isAbandoned(join(dir, name)))) continue;
    const ready = name.slice(0, -OPEN_SUFFIX.length);
    if (await renamed(join(dir, name), join(dir, ready))) picked.push(ready);
  }
  return picked;
};

const isAbandoned = async (path: string): Promise<boolean> => {
  const modified = await stat(path).then(
    (found) => found.mtimeMs,
    () => Infinity,
  );
  return Date.now() - modified > ABANDONED_AFTER_MS;
};

/** False where the file went away or cannot be renamed now: the next look tries again. */
const renamed = async (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    () => false,
  );
