// SPDX-License-Identifier: Apache-2.0
import type { TargetReport } from '@trunkline/crds';
import { watch, type FSWatcher } from 'node:fs';
import type { Logger } from 'pino';
import { removeAck, writeAck } from './ack-file.ts';
import type { ConfigIndex } from './config-index.ts';
import { LiveConfig } from './live-config.ts';
import { ShardDirectory } from './shard-directory.ts';
import type { Shard } from './shard-file.ts';

/** Files of one publication arrive within moments of each other and are applied together. */
const SETTLE_MS = 50;
/** Where the file system has no events, or drops one. */
const POLL_MS = 2_000;

export interface ShardSourceOptions {
  dir: string;
  /** Name under which this proxy acknowledges. */
  instance: string;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** After each change; revisions by shard name. */
  onApplied?: (revisions: Record<string, string>) => void;
  /** What the acknowledgement tells of targets. */
  health?: () => readonly TargetReport[];
}

export interface ShardSource {
  /** What holds now. Throws before the first `global` shard has come. */
  current: () => ConfigIndex;
  /** Resolves when there is something to decide by. */
  readonly ready: Promise<void>;
  /** Applies what has come by now; for tests and signals. */
  refresh(): Promise<void>;
  /** Ends it, and takes back the acknowledgement: an ended proxy applies nothing any more. */
  close(): Promise<void>;
}

/** The shard directory as a `ConfigIndex` that follows it. A broken shard leaves its last good state in force. */
export const createShardSource = (options: ShardSourceOptions): ShardSource => {
  const { dir, instance, log, health = () => [] } = options;
  const directory = new ShardDirectory(dir, log);
  const live = new LiveConfig(options.onApplied);
  let watcher: FSWatcher | undefined;
  let settle: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let closed = false;
  let applied: Record<string, string> | undefined;
  let told = '';

  /** Where something of it has changed. */
  const acknowledge = async (): Promise<void> => {
    if (!applied) return;
    const content = { revisions: applied, health: health() };
    const text = JSON.stringify(content);
    if (text === told) return;
    await writeAck(dir, instance, content);
    told = text;
  };

  const apply = (changes: ReadonlyMap<string, Shard>): void => {
    const revisions = live.apply(changes, directory.shards);
    if (!revisions) {
      log.warn({ dir }, 'no install-wide shard (global.json) yet; waiting for it');
      return;
    }
    log.info({ shards: [...changes.keys()] }, 'configuration applied');
    applied = revisions;
  };

  const look = async (): Promise<void> => {
    try {
      const changes = await directory.changes();
      if (changes.size > 0) apply(changes);
      await acknowledge();
      startWatching();
    } catch (error) {
      log.error({ dir, err: error }, 'shard directory: what was applied stays in force');
    }
  };

  const refresh = (): Promise<void> => {
    running = running.then(() => (closed ? undefined : look()));
    return running;
  };

  const startWatching = (): void => {
    if (watcher || closed) return;
    try {
      watcher = watch(dir, () => {
        clearTimeout(settle);
        settle = setTimeout(() => void refresh(), SETTLE_MS);
      });
      watcher.on('error', () => {
        watcher?.close();
        watcher = undefined;
      });
    } catch {
      // The poll does.
    }
  };

  const poll = setInterval(() => void refresh(), POLL_MS);
  poll.unref();
  void refresh();

  return {
    current: live.current,
    ready: live.ready,
    refresh,
    close: async () => {
      closed = true;
      clearInterval(poll);
      clearTimeout(settle);
      watcher?.close();
      await running;
      await removeAck(dir, instance);
    },
  };
};
