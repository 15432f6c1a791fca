// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Ends after the two calls. */
  once: boolean;
  /** Where SIP listens. */
  sip: string;
  /** Folder of `trunkline up`. */
  data: string;
  /** More flags of `trunkline up`. */
  upFlags: string[];
  /** Removes what is only for this run. */
  clear: () => Promise<void>;
}

export const USAGE = 'demo [--once] [--sip HOST:PORT] [--data DIR] [--metrics HOST:PORT]';

/** The manifests, and as a person in this directory would write it. */
export const MANIFESTS = fileURLToPath(new URL('../../../examples/acme', import.meta.url));
export const shown = (path: string): string => relative(process.cwd(), path) || '.';

/** With `--once` nothing is fixed and nothing is left behind; else as README says. Throws where a flag is wrong. */
export const parseDemoOptions = (argv: string[]): DemoOptions => {
  const {
    once = false,
    sip,
    data,
    metrics,
  } = parseArgs({
    args: argv,
    options: {
      once: { type: 'boolean' },
      sip: { type: 'string' },
      data: { type: 'string' },
      metrics: { type: 'string' },
    },
  }).values;
  if (!once) {
    return {
      once,
      sip: sip ?? '127.0.0.1:5060',
      data: data ?? '.trunkline',
      upFlags: metrics === undefined ? [] : ['--metrics', metrics],
      clear: () => Promise.resolve(),
    };
  }
  const folder = mkdtempSync(join(tmpdir(), 'tl-demo-'));
  return {
    once,
    sip: sip ?? '127.0.0.1:0',
    data: data ?? join(folder, 'data'),
    upFlags: ['--metrics', metrics ?? 'off'],
    clear: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
};

/** The PBX must know what the manifests say: the password of the Secret. */
export const pbxPassword = (): string => {
  const file = join(MANIFESTS, 'access.yaml');
  const password = /^ {2}password: (\S+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
  if (password === undefined)
    throw new Error(`${shown(file)} has no password for the demo's PBX: put the Secret back`);
  return password;
};
