// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('corpus/', import.meta.url));

/** The committed inputs whose file names begin with `kind-`. */
export const corpus = (kind: string): Buffer[] =>
  readdirSync(FOLDER)
    .filter((name) => name.startsWith(`${kind}-`))
    .sort()
    .map((name) => readFileSync(`${FOLDER}${name}`));
