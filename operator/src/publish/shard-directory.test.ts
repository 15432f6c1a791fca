// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { compiled, resource, trunk } from '../compile/fixtures.ts';
import { shardName } from '../shard/shard-name.ts';
import { writeShardDirectory } from './shard-directory.ts';
import { toShards } from './to-shards.ts';

const list = resource('CredentialList', 'a/l', {
  credentials: [{ username: 'u', passwordSecretRef: { name: 's' } }],
});
const secrets = { 'a/s': { password: 'Correct-Horse-7' } };
const A = shardName('a');
const B = shardName('b');

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shards-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('a shard directory', () => {
  it('holds one file for each shard with content, secrets for the owner alone', async () => {
    const { config } = compiled([trunk('a/x', 'acme'), list], { secrets });
    const { written, revisions } = await writeShardDirectory(directory, config);
    expect(written).toEqual([`secret-${A}`, 'global', A]);
    expect((await readdir(directory)).sort()).toEqual(
      [`${A}.json`, 'global.json', `secret-${A}.json`].sort(),
    );
    expect((await stat(join(directory, `secret-${A}.json`))).mode & 0o777).toBe(0o600);
    const shard = JSON.parse(await readFile(join(directory, `${A}.json`), 'utf8'));
    expect(shard.trunks[0].domainName).toBe('acme');
    expect(shard.revision).toBe(revisions[A]);
  });

  it('leaves unchanged files alone and removes what has no content any more', async () => {
    const both = compiled([trunk('a/x', 'acme'), trunk('b/x', 'other'), list], { secrets });
    await writeShardDirectory(directory, both.config);
    const { ino } = await stat(join(directory, `${A}.json`));
    await writeFile(join(directory, '.3f.1.tmp'), 'left over');
    await writeFile(join(directory, 'notes.txt'), 'not ours');
    const one = compiled([trunk('a/x', 'acme')]);
    const { written, removed } = await writeShardDirectory(directory, one.config);
    expect(written).toEqual([]);
    expect(removed).toEqual([B, `secret-${A}`].sort());
    expect((await stat(join(directory, `${A}.json`))).ino).toBe(ino);
    expect((await readdir(directory)).sort()).toEqual([`${A}.json`, 'global.json', 'notes.txt'].sort());
  });

  it('replaces a file that was changed by hand', async () => {
    const { config } = compiled([trunk('a/x', 'acme')]);
    await writeShardDirectory(directory, config);
    await writeFile(join(directory, `${A}.json`), '{}');
    expect((await writeShardDirectory(directory, config)).written).toEqual([A]);
  });
});

describe('revisions', () => {
  it('depend on content alone, not on the order of its members', () => {
    const one = toShards(compiled([trunk('a/x', 'acme'), trunk('a/y', 'b')]).config);
    const other = toShards(compiled([trunk('a/y', 'b'), trunk('a/x', 'acme')]).config);
    expect(one).toEqual(other);
    const changed = toShards(compiled([trunk('a/x', 'acme'), trunk('a/y', 'c')]).config);
    expect(
      changed.map((shard) => shard.revision === one.find(({ name }) => name === shard.name)?.revision),
    ).toEqual([true, false]);
  });
});
