// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifestDirectory } from './read-directory.ts';

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trunkline-manifests-'));
  await mkdir(join(directory, 'b', '.hidden'), { recursive: true });
  const names = ['c.yaml', 'a.yml', 'b/z.yaml', 'b/.hidden/x.yaml', '.swap.yaml', 'notes.md', 'd.yaml.bak'];
  await Promise.all(names.map((name) => writeFile(join(directory, name), name)));
});

afterAll(() => rm(directory, { recursive: true }));

describe('readManifestDirectory', () => {
  it('reads YAML files of all levels, sorted, without hidden ones', async () => {
    const expected = ['a.yml', 'b/z.yaml', 'c.yaml'].map((name) => ({
      path: join(directory, name),
      text: name,
    }));
    expect(await readManifestDirectory(directory)).toEqual(expected);
    expect(await readManifestDirectory(`${directory}/`)).toEqual(expected);
  });

  it('says which directory is not there', async () => {
    await expect(readManifestDirectory(join(directory, 'none'))).rejects.toThrow('none');
  });
});
