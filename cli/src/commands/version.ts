// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { parseFlags } from '../flags.ts';
import type { Command } from '../io.ts';

/** `trunkline version`. */
export const versionCommand: Command = async (argv, io) => {
  parseFlags(argv, {});
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  io.stdout.write(`trunkline ${version} (Node ${process.versions.node})\n`);
  return 0;
};
