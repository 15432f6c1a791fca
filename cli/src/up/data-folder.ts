// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../usage-error.ts';

/** Everything that `trunkline up` writes, and the lock that keeps a second one out. */
export interface DataFolder {
  path: string;
  shards: string;
  secretFile: string;
  /** Writes the secret that engine and proxy share, mode 0600. */
  writeSecret(secret: string): void;
  /** Gives the folder free. */
  release(): void;
}

/** Makes or takes the folder. Throws `CommandError` where another process has it, or where it cannot be written. */
export function openDataFolder(path: string): DataFolder {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const release = lock(path);
    const secretFile = join(path, 'engine.secret');
    return {
      path,
      shards: join(path, 'shards'),
      secretFile,
      writeSecret: (secret) => {
        const temporary = `${secretFile}.${process.pid}.tmp`;
        writeFileSync(temporary, secret, { mode: 0o600 });
        chmodSync(temporary, 0o600);
        renameSync(temporary, secretFile);
      },
      release,
    };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`--data ${path} cannot be used: ${(error as Error).message}`);
  }
}

/** A secret that nobody can guess; letters and digits only. */
export function randomSecret(): string {
  return randomBytes(32).toString('hex');
}

function lock(path: string): () => void {
  const file = join(path, 'up.lock');
  const mine = identity(process.pid);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (created(file, mine)) {
      return () => {
        if (content(file) === mine) remove(file);
      };
    }
    const holder = content(file);
    const pid = Number(holder?.split(' ')[0]);
    if (holder !== undefined && holder === identity(pid)) {
      throw new CommandError(
        `--data ${path} is in use by another trunkline up (process ${pid}): stop that one, or choose another folder`,
      );
    }
    // Its owner was killed.
    remove(file);
  }
  throw new CommandError(`--data ${path} is being taken by another trunkline up at this moment: try again`);
}

/** Pid and, on Linux, start time in clock ticks (proc(5), field 22), because pids come again. */
function identity(pid: number): string {
  if (!Number.isInteger(pid) || !isAlive(pid)) return '';
  const stat = content(`/proc/${pid}/stat`);
  return `${pid} ${stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-'}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function created(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function content(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Someone else was faster.
  }
}
