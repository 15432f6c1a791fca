// SPDX-License-Identifier: Apache-2.0
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { RecordStoreError } from './record-store-error.ts';

/**
 * PGlite opens a folder that another process has open without a word, and the two then ruin it. This lock file beside
 * the folder names the process that has it: pid and, where the system tells, when it started, because a pid comes again
 * (in a container it is 1 after every restart).
 */
export const lockFolder = (dir: string): (() => void) => {
  const path = `${dir}.lock`;
  const mine = `${process.pid} ${startTime(process.pid)}`;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (created(path, mine)) {
      return () => {
        if (read(path) === mine) remove(path);
      };
    }
    const holder = read(path);
    if (holder !== undefined && isAlive(holder)) {
      throw new RecordStoreError(
        'in-use',
        `${dir} is open in process ${holder.split(' ')[0] ?? '?'}: one process at a time can use it; stop that one, or use --database postgres://`,
      );
    }
    remove(path);
  }
  throw new RecordStoreError(
    'in-use',
    `${path} could not be taken: another process is taking it too; try again`,
  );
};

const created = (path: string, text: string): boolean => {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
};

const remove = (path: string): void => {
  try {
    unlinkSync(path);
  } catch {
    // Someone else was faster.
  }
};

const isAlive = (holder: string): boolean => {
  const [pid, started] = holder.split(' ');
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return started === startTime(Number(pid));
};

/** Clock ticks after boot, from Linux's /proc (proc(5): field 22, after the name in parentheses); `-` elsewhere. */
const startTime = (pid: number): string => {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
};
