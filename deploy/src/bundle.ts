// SPDX-License-Identifier: Apache-2.0
import { build, type Plugin } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

// Bundles every program of the image into one file each: `bundle.ts --out DIR`.

const root = join(import.meta.dirname, '..', '..');

/** By the path that it has in the image, below /app and without `.js`. */
export const PROGRAMS = {
  operator: 'operator/src/main.ts',
  'sip-proxy': 'sip-proxy/src/main.ts',
  // Two folders deep, as in the repository: it looks for its version in ../../package.json.
  'cli/bin/trunkline': 'cli/src/main.ts',
  'cli/bin/kubectl-trunkline': 'cli/src/kubectl-plugin/main.ts',
  'prepare-edge': 'deploy/src/prepare-edge.ts',
  'drain-proxy': 'deploy/src/drain-proxy.ts',
  'write-records': 'deploy/src/write-records.ts',
  'test-call': 'deploy/src/test-call.ts',
} as const;

/** `trunkline up` with a database of its own is for laptops: that database is no single file, and is left out. */
const withoutOwnDatabase: Plugin = {
  name: 'without-own-database',
  setup: (build) => {
    build.onResolve({ filter: /^@electric-sql\/pglite$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: `export class PGlite {
        static create() { throw new Error('this image has no database of its own: give --database postgres://...'); }
      }`,
    }));
  },
};

export async function bundle(outdir: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { ...PROGRAMS },
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'linked',
    plugins: [withoutOwnDatabase],
    external: ['pg-native'],
    // CommonJS packages inside of an ES module call `require`.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  writeFileSync(join(outdir, 'package.json'), JSON.stringify({ name, version, type: 'module' }));
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string' } } });
  if (values.out === undefined) {
    process.stderr.write('bundle.ts --out DIR\n');
    process.exit(2);
  }
  await bundle(values.out);
}
