// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadManifests } from './load-manifests.ts';
import { formatProblem } from './problem.ts';
import { readManifestDirectory } from './read-directory.ts';

const root = join(import.meta.dirname, '../../..');
const BAD = join(root, 'e2e/fixtures/bad');
const files = readdirSync(BAD).map((name) => ({ path: name, text: readFileSync(join(BAD, name), 'utf8') }));
/** What only the compiler can see: sound resources that do not go together. */
const references = files.filter(({ path }) => path.startsWith('ref-'));
const mistakes = files.filter(({ path }) => !path.startsWith('ref-'));

function expectation(text: string) {
  const match = /^# expect: (\d+): (.*?): (.+)\n/.exec(text);
  if (match === null) throw new Error('the first line must be "# expect: LINE: FIELD: MESSAGE"');
  return { line: Number(match[1]), field: match[2] ?? '', message: match[3] ?? '' };
}

describe('e2e/fixtures/bad', () => {
  it('holds more than forty different mistakes', () => {
    const kinds = files.map(({ text }) => JSON.stringify(Object.values(expectation(text)).slice(1)));
    expect(new Set(kinds).size).toBeGreaterThanOrEqual(70);
  });

  it.each(mistakes)('$path: one error, at the expected line and field', (file) => {
    const { resources, problems } = loadManifests([file]);
    const { line, field, message } = expectation(file.text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      severity: 'error',
      line,
      field,
      message: expect.stringContaining(message),
    });
    const printed = formatProblem(problems[0]!);
    expect(printed).toMatch(new RegExp(`^${file.path}:${line}:\\d+: .+[.?]$`));
    expect(resources.length).toBeLessThan(2);
  });

  it.each(references)('$path: nothing wrong with the manifests by themselves', (file) => {
    const { resources, problems } = loadManifests([file]);
    expect(problems).toEqual([]);
    expect(resources.length).toBeGreaterThan(0);
    expectation(file.text);
  });
});

describe('examples', () => {
  it.each(readdirSync(join(root, 'examples')))('%s has no problem at all', async (name) => {
    const { resources, problems } = loadManifests(await readManifestDirectory(join(root, 'examples', name)));
    expect(problems).toEqual([]);
    expect(resources.length).toBeGreaterThan(0);
  });
});
