// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManifestFile } from './load-manifests.ts';

/**
 * Reads every `*.yaml` and `*.yml` below a directory, sorted by path; names that begin with a dot are skipped.
 * `path` of each file begins with the directory as it was given.
 *
 * @throws the error of node:fs where the directory or a file cannot be read
 */
export async function readManifestDirectory(directory: string): Promise<ManifestFile[]> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = names
    .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        !path
          .slice(directory.length)
          .split('/')
          .some((step) => step.startsWith('.') && step.length > 1),
    )
    .sort();
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, 'utf8') })));
}
