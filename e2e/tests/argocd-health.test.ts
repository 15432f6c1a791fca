// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  ARGOCD,
  argoHealth,
  HEALTH_FOLDER,
  HEALTH_SCRIPT,
  HEALTH_WORDS,
  type ArgoHealth,
} from '../src/argocd-health.ts';
import { requireProgram } from '../src/index.ts';

const read = (path: string): unknown => parse(readFileSync(path, 'utf8'));
const { tests } = read(join(HEALTH_FOLDER, 'health_test.yaml')) as {
  tests: { inputPath: string; healthStatus: ArgoHealth }[];
};

describe('health of our resources in Argo CD', () => {
  it('is in argocd-cm the same script', () => {
    const { data } = read(join(ARGOCD, 'argocd-cm.yaml')) as { data: Record<string, string> };
    expect(parse(data['resource.customizations'] ?? '')).toEqual({
      'trunkline.dev/*': { 'health.lua': HEALTH_SCRIPT },
    });
  });

  it('is tested for every object of testdata', () => {
    const files = readdirSync(join(HEALTH_FOLDER, 'testdata')).map((file) => `testdata/${file}`);
    expect(tests.map(({ inputPath }) => inputPath).sort()).toEqual(files.sort());
    expect(new Set(tests.map(({ healthStatus }) => healthStatus.status))).toEqual(
      new Set(['Healthy', 'Progressing', 'Suspended', 'Degraded']),
    );
  });

  // The statuses in testdata are compared with those of a running operator in kubernetes-kstatus.test.ts.
  (requireProgram('lua5.1') ? describe : describe.skip)('in Lua 5.1 without libraries', () => {
    it.each(tests)('is $healthStatus.status for $inputPath', async ({ inputPath, healthStatus }) => {
      expect(HEALTH_WORDS).toContain(healthStatus.status);
      expect(await argoHealth([read(join(HEALTH_FOLDER, inputPath))])).toEqual([healthStatus]);
    });

    it.each<[string, unknown]>([
      ['no status', { metadata: { generation: 1 } }],
      ['an empty status', { metadata: { generation: 1 }, status: {} }],
      ['no conditions', { metadata: { generation: 1 }, status: { observedGeneration: 1 } }],
      [
        'conditions of an older generation',
        {
          metadata: { generation: 2 },
          status: {
            observedGeneration: 2,
            conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', observedGeneration: 1 }],
          },
        },
      ],
    ])('is Progressing with %s', async (_, object) => {
      expect(await argoHealth([object])).toMatchObject([{ status: 'Progressing' }]);
    });

    it.each(['string.upper("a")', '("a"):upper()', 'math.floor(1)', 'os.exit(1)', 'io.read()'])(
      'cannot call %s',
      async (call) => {
        await expect(argoHealth([{}], `return { status = ${call} }`)).rejects.toThrow(/attempt to/);
      },
    );
  });
});
