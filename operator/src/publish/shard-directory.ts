// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EdgeConfig } from '@trunkline/crds';
import { revisionsOf, toShards, type ShardDocument } from './to-shards.ts';

export interface WrittenShards {
  /** Names of documents that are new or other than before. */
  written: string[];
  removed: string[];
  /** All that the directory holds now, by name. */
  revisions: Record<string, string>;
}

const SHARD_FILE = /^((?:secret-)?(?:global|[0-9a-f]{2}))\.json$/;
const LEFTOVER = /^\..+\.tmp$/;

/**
 * Makes a directory hold exactly the shards of a config. Each file is replaced in one step (rename), unchanged ones
 * are not touched, secret ones have mode 0600. Throws what the file system throws.
 */
export async function writeShardDirectory(directory: string, config: EdgeConfig): Promise<WrittenShards> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const documents = toShards(config);
  const revisions = revisionsOf(documents);
  const written: string[] = [];
  for (const document of documents) {
    if (await writeDocument(directory, document)) written.push(document.name);
  }
  return { written, removed: await removeOthers(directory, revisions), revisions };
}

async function writeDocument(directory: string, document: ShardDocument): Promise<boolean> {
  const path = join(directory, `${document.name}.json`);
  if ((await contentOf(path)) === document.text) return false;
  const temporary = join(directory, `.${document.name}.${process.pid}.tmp`);
  const mode = document.secret ? 0o600 : 0o644;
  const file = await open(temporary, 'w', mode);
  try {
    await file.writeFile(document.text);
    await file.sync();
  } finally {
    await file.close();
  }
  // A left-over temporary file keeps the mode that it had.
  await chmod(temporary, mode);
  await rename(temporary, path);
  return true;
}

/** Routing goes before the secrets that it needs. */
async function removeOthers(directory: string, revisions: Record<string, string>): Promise<string[]> {
  const files = (await readdir(directory)).sort();
  const removed: string[] = [];
  for (const file of files) {
    const name = SHARD_FILE.exec(file)?.[1];
    const obsolete = name !== undefined && !Object.hasOwn(revisions, name);
    if (!obsolete && !LEFTOVER.test(file)) continue;
    await rm(join(directory, file), { force: true });
    if (name !== undefined) removed.push(name);
  }
  return removed;
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
