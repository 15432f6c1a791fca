// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { KINDS } from '../kinds/registry.ts';
import { customResourceDefinition } from './custom-resource-definition.ts';
import { generatedFiles } from './generated-files.ts';
import { toStructural } from './structural-schema.ts';

/** What these tests look at in a schema of a CRD. */
interface SchemaView {
  type?: string;
  default?: unknown;
  required?: string[];
  properties?: Record<string, SchemaView>;
  items?: SchemaView;
  'x-kubernetes-list-map-keys'?: string[];
}

const root = join(import.meta.dirname, '../../..');

describe('generated files', () => {
  it.each([...generatedFiles()])('%s is up to date (else: make generate)', (path, text) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  it('are one CRD for each kind, the same for the chart, and the reference page', () => {
    expect(generatedFiles().size).toBe(2 * Object.keys(KINDS).length + 1);
  });

  it('say of the reference page every field of every kind', () => {
    const page = generatedFiles().get('docs/reference/resources.md') ?? '';
    expect(page).toContain('| `spec.termination.authentication.credentialLists` |');
    expect(page).toContain('| `spec.credentials[].passwordSecretRef.key` | Secret key | `"password"` |');
    expect(page).toContain('- `spec` needs exactly one of number and match.');
    expect(page.split('\n').filter((line) => line.startsWith('| ') && line.includes('undefined'))).toEqual(
      [],
    );
  });
});

describe('toStructural', () => {
  it('takes fields with defaults off required, gives enums a type, and drops what Kubernetes does not know', () => {
    expect(
      toStructural({
        type: 'object',
        required: ['a', 'b'],
        properties: {
          a: { enum: ['x', 'y'], default: 'x' },
          b: {
            type: 'string',
            form: 'cidr',
            maxLength: 43,
            rules: [{ rule: 'isCIDR(self)', message: 'is no CIDR', remedy: 'Write one' }],
          },
        },
      }),
    ).toEqual({
      type: 'object',
      required: ['b'],
      properties: {
        a: { type: 'string', enum: ['x', 'y'], default: 'x' },
        b: {
          type: 'string',
          maxLength: 43,
          'x-kubernetes-validations': [{ rule: 'isCIDR(self)', message: 'is no CIDR: write one' }],
        },
      },
    });
  });
});

describe.each(Object.values(KINDS))('CRD of $kind', (definition) => {
  const crd = parse(JSON.stringify(customResourceDefinition(definition))) as ReturnType<
    typeof customResourceDefinition
  >;
  const version = crd.spec.versions[0]!;

  it('is of the shared category, served, stored, and has a status subresource', () => {
    expect(crd.metadata.name).toBe(`${definition.plural}.trunkline.dev`);
    expect(crd.spec.names.categories).toEqual(['trunkline']);
    expect(version).toMatchObject({
      name: 'v1alpha1',
      served: true,
      storage: true,
      subresources: { status: {} },
    });
  });

  const nodes = everyNode(version.schema.openAPIV3Schema, '');

  it('is structural: a type everywhere, and no keyword of ours', () => {
    const foreign = ['form', 'rules', 'anyOf', 'const', 'x-kubernetes-preserve-unknown-fields'];
    const faults = nodes.filter(([, node]) => node.type === undefined || foreign.some((key) => key in node));
    expect(faults).toEqual([]);
  });

  it('has its list-map keys required or defaulted, as the API server asks', () => {
    const faults = nodes.filter(([, { items, 'x-kubernetes-list-map-keys': keys = [] }]) =>
      keys.some((key) => !items?.required?.includes(key) && items?.properties?.[key]?.default === undefined),
    );
    expect(faults).toEqual([]);
  });
});

function everyNode(node: SchemaView, path: string): [path: string, node: SchemaView][] {
  const below = Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    everyNode(child, `${path}.${name}`),
  );
  return [[path, node], ...below, ...(node.items === undefined ? [] : everyNode(node.items, `${path}[]`))];
}
