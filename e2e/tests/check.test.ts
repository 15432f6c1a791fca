// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTrunkline, TRUNKLINE, type CommandResult } from '../src/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const BAD = 'e2e/fixtures/bad';
const check = (path: string) => runTrunkline(['check', '-f', path], { cwd: root });

/** First line of each fixture: `# expect: LINE: FIELD: PART OF THE MESSAGE`. */
const fixtures = readdirSync(join(root, BAD)).map((name) => {
  const text = readFileSync(join(root, BAD, name), 'utf8');
  const [, line = '', field = '', message = ''] = /^# expect: (\d+): (.*?): (.+)\n/.exec(text) ?? [];
  return { name, line, field, message };
});

describe('trunkline check on a mistake', () => {
  const results = new Map<string, CommandResult>();

  // Two at a time: a start of the command takes its while.
  beforeAll(async () => {
    const left = [...fixtures];
    const work = async () => {
      for (let next = left.pop(); next; next = left.pop())
        results.set(next.name, await check(`${BAD}/${next.name}`));
    };
    await Promise.all([work(), work()]);
  }, 300_000);

  it.each(fixtures)('$name: exit code 1, the line, and what to do', ({ name, line, field, message }) => {
    const { exitCode, stdout, stderr } = results.get(name) as CommandResult;
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    const [problem = '', summary = '', ...more] = stdout.trimEnd().split('\n');
    expect(more).toEqual([]);
    expect(problem).toMatch(new RegExp(`^${BAD}/${name}:${line}:\\d+: `));
    expect(problem).toContain(field === '' ? message : `: ${field}: `);
    expect(problem).toContain(message);
    // What is wrong ends with a full stop; what follows is the remedy.
    expect(problem).toMatch(/\. [A-Z][^]+[.?]$/);
    expect(summary).toMatch(/^1 error; \d+ resources? without errors of their own$/);
  });
});

describe('trunkline check', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-check-'));
  const directory = (name: string, files: Record<string, string | Buffer> = {}): string => {
    const path = join(folder, name);
    mkdirSync(path);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
    return path;
  };
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each(['examples', 'examples/acme'])('finds nothing in %s', async (path) => {
    const { exitCode, stdout, stderr } = await check(path);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^\d+ resources, no problems\n$/);
  });

  it('warns, with exit code 0, of what is allowed and probably not meant', async () => {
    const list = `apiVersion: trunkline.dev/v1alpha1
kind: IpAccessControlList
metadata: {name: all, namespace: acme}
spec:
  addresses:
    - cidr: 0.0.0.0/0
`;
    const path = directory('warning', { 'list.yaml': list });
    const { exitCode, stdout } = await check(path);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /list\.yaml:6:\d+: warning: IpAccessControlList acme\/all: spec\.addresses\[0\]\.cidr: /,
    );
    expect(stdout).toMatch(/\n1 resource, no errors, 1 warning\n$/);
  });

  it('puts all problems of all files in the order of files and lines, and takes one file for a directory', async () => {
    const { exitCode, stdout } = await check(BAD);
    expect(exitCode).toBe(1);
    const places = [...stdout.matchAll(/^(\S+?\.yaml):(\d+):(\d+): /gm)].map(([, file, line, column]) => ({
      file: file ?? '',
      at: Number(line) * 10_000 + Number(column),
    }));
    expect(new Set(places.map(({ file }) => file)).size).toBeGreaterThan(80);
    const sorted = places.toSorted((a, b) => (a.file === b.file ? a.at - b.at : a.file < b.file ? -1 : 1));
    expect(places).toEqual(sorted);
  });

  it.each<[what: string, path: () => string, exitCode: number, says: RegExp]>([
    [
      'a missing directory',
      () => join(folder, 'none'),
      1,
      /^trunkline check: -f \S+\/none cannot be read: there is no such directory$/,
    ],
    [
      'an empty directory',
      () => directory('empty'),
      1,
      /^trunkline check: -f \S+\/empty has no manifests: put \*\.yaml files there$/,
    ],
    [
      'a directory without YAML files',
      () => directory('notes', { 'README.md': '# Trunks' }),
      1,
      /has no manifests: put \*\.yaml files there$/,
    ],
    [
      'a text that is no YAML',
      () => directory('prose', { 'a.yaml': 'Dear operator,\nplease [add: our trunk\n' }),
      1,
      /a\.yaml:\d+:\d+: .+\. [A-Z].+\n1 error; 0 resources/,
    ],
    [
      'a YAML file that is no manifest',
      () => directory('list', { 'a.yaml': '- one\n- two\n' }),
      1,
      /a\.yaml:1:1: is not a resource\. Write apiVersion, kind, metadata and spec\.\n1 error;/,
    ],
    [
      'a binary file',
      () => directory('binary', { 'a.yaml': readFileSync(process.execPath).subarray(0, 100_000) }),
      1,
      /^\S+a\.yaml:1:1: is not text in UTF-8, which YAML must be\. Save it as UTF-8 .+\n1 error;/,
    ],
    [
      'a file in UTF-16',
      () => directory('utf16', { 'a.yaml': Buffer.from('\ufeffkind: Trunk\n', 'utf16le') }),
      1,
      /^\S+a\.yaml:1:1: is not text in UTF-8.+\n1 error;/,
    ],
    [
      'no -f',
      () => '',
      2,
      /^trunkline check: -f is missing: name the directory of manifests, -f DIR \(see `trunkline help check`\)$/,
    ],
  ])('%s: clear words, no stack trace', async (_, path, exitCode, says) => {
    const result = await check(path());
    const said = `${result.stdout}${result.stderr}`.trimEnd();
    expect(said).toMatch(says);
    expect(said.split('\n').length).toBeLessThan(6);
    expect(said).not.toMatch(/\n\s+at |[^\n\x20-\x7e]/);
    expect(result.exitCode).toBe(exitCode);
  });

  it('does not stumble when its reader has seen enough', async () => {
    const command = spawn(TRUNKLINE, ['check', '-f', BAD], { cwd: root });
    command.stdout.destroy();
    let said = '';
    command.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const exitCode = await new Promise((resolve) => command.once('close', resolve));
    expect({ exitCode, said }).toEqual({ exitCode: 1, said: '' });
  });
});
