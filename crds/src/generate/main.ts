// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CRD_DIRECTORIES, generatedFiles } from './generated-files.ts';

// Writes the CRDs and their reference page; with --verify only says which of them are stale, and exits 1.

const root = join(import.meta.dirname, '../../..');

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

/** CRDs of kinds that are no more. */
function leftovers(files: Map<string, string>): string[] {
  return CRD_DIRECTORIES.flatMap((directory) => {
    mkdirSync(join(root, directory), { recursive: true });
    return readdirSync(join(root, directory)).map((name) => `${directory}/${name}`);
  }).filter((path) => !files.has(path));
}

function verify(files: Map<string, string>, extra: string[]): void {
  const stale = [...files].filter(([path, text]) => read(path) !== text).map(([path]) => path);
  for (const path of stale) console.error(`${path} is stale: run \`make generate\` and commit it`);
  for (const path of extra)
    console.error(`${path} belongs to no kind: run \`make generate\` and commit its removal`);
  process.exitCode = stale.length + extra.length > 0 ? 1 : 0;
}

function write(files: Map<string, string>, extra: string[]): void {
  for (const [path, text] of files) {
    if (read(path) === text) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`wrote ${path}`);
  }
  for (const path of extra) rmSync(join(root, path));
}

const { values } = parseArgs({ options: { verify: { type: 'boolean', default: false } } });
const files = generatedFiles();
(values.verify ? verify : write)(files, leftovers(files));
