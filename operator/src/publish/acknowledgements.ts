// SPDX-License-Identifier: Apache-2.0
import type { TargetReport } from '@trunkline/crds';
import { watch } from 'node:fs';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What one proxy has applied. */
export interface Acknowledgement {
  instance: string;
  /** By document name: `global`, `3f`, `secret-3f`. */
  revisions: Record<string, string>;
  /** How the places are that it sends calls to. */
  health?: readonly TargetReport[];
  /** RFC 3339. */
  at: string;
}

/** How long a missed file system event can delay an answer. */
const POLL_MS = 250;

/** All readable acknowledgements in the `acks` folder of a shard directory. */
export async function readAcks(directory: string): Promise<Acknowledgement[]> {
  const folder = join(directory, 'acks');
  const files = await readdir(folder).catch(() => []);
  const acks = await Promise.all(
    files.filter((file) => /^[^.].*\.json$/.test(file)).map((file) => readAck(join(folder, file))),
  );
  return acks.filter((ack) => ack !== undefined);
}

/** Forgets what proxies of an earlier run acknowledged. */
export async function clearAcks(directory: string): Promise<void> {
  const folder = join(directory, 'acks');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = await readdir(folder);
  await Promise.all(files.map((file) => rm(join(folder, file), { force: true, recursive: true })));
}

/** True where the proxy has exactly these shards: none older, none that is gone. */
export function hasApplied(ack: Acknowledgement, revisions: Record<string, string>): boolean {
  const names = new Set([...Object.keys(revisions), ...Object.keys(ack.revisions)]);
  return [...names].every((name) => ack.revisions[name] === revisions[name]);
}

/**
 * Resolves once the named instances (or, given a number, that many of any name) have applied the revisions. Rejects
 * with the signal's reason when it aborts.
 */
export async function waitForAcks(
  directory: string,
  revisions: Record<string, string>,
  instances: readonly string[] | number,
  signal: AbortSignal,
): Promise<Acknowledgement[]> {
  const folder = join(directory, 'acks');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const news = newsIn(folder);
  try {
    for (;;) {
      signal.throwIfAborted();
      const heard = news.next(signal);
      const applied = (await readAcks(directory)).filter((ack) => hasApplied(ack, revisions));
      if (isEnough(applied, instances)) return applied;
      await heard;
    }
  } finally {
    news.close();
  }
}

function isEnough(applied: Acknowledgement[], instances: readonly string[] | number): boolean {
  if (typeof instances === 'number') return applied.length >= instances;
  return instances.every((instance) => applied.some((ack) => ack.instance === instance));
}

/** Something may have changed in the folder: an event, or the poll that makes up for lost events. */
function newsIn(folder: string): { next: (signal: AbortSignal) => Promise<void>; close: () => void } {
  let wake: () => void = () => undefined;
  const watcher = watch(folder, () => {
    wake();
  });
  watcher.on('error', () => {
    watcher.close();
  });
  return {
    next: (signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, POLL_MS);
        signal.addEventListener('abort', done);
        wake = done;
      }),
    close: () => {
      wake();
      watcher.close();
    },
  };
}

async function readAck(path: string): Promise<Acknowledgement | undefined> {
  try {
    const ack: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isAcknowledgement(ack) ? ack : undefined;
  } catch {
    // Gone, or half written by something that does not rename: the next look will tell.
    return undefined;
  }
}

function isAcknowledgement(value: unknown): value is Acknowledgement {
  if (typeof value !== 'object' || value === null) return false;
  const { instance, revisions } = value as Partial<Acknowledgement>;
  return typeof instance === 'string' && typeof revisions === 'object';
}
