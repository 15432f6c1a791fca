// SPDX-License-Identifier: Apache-2.0
import { stat, readFile } from 'node:fs/promises';
import {
  loadManifests,
  readManifestDirectory,
  type LoadedManifests,
  type ManifestFile,
} from '@trunkline/crds';
import { compile, fromManifests, type Compilation, type CompileSettings } from '@trunkline/operator';
import { CommandError } from '../usage-error.ts';

/** Manifests of a directory, checked and compiled once. */
export interface CompiledFolder extends LoadedManifests {
  compilation: Compilation;
}

/** Settings of everything that runs from a directory. */
export function folderSettings(baseDomain: string): CompileSettings {
  return { baseDomain, unknownDomain: 'reject', assumeAccounts: true };
}

/** Throws `CommandError` where the path cannot be read. */
export async function compileFolder(path: string, baseDomain: string): Promise<CompiledFolder> {
  const loaded = loadManifests(await readManifests(path));
  const settings = folderSettings(baseDomain);
  return { ...loaded, compilation: compile({ ...fromManifests(loaded.resources), settings }) };
}

/** Files of a directory, or one file. Throws `CommandError` that names the path and what to do. */
export async function readManifests(path: string): Promise<ManifestFile[]> {
  try {
    if ((await stat(path)).isFile()) return [{ path, text: await readFile(path, 'utf8') }];
    return await readManifestDirectory(path);
  } catch (error) {
    throw new CommandError(`-f ${path} cannot be read: ${reason(error)}`);
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such directory';
  if (code === 'EACCES') return 'permission denied';
  return message;
}
