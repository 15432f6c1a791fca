// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { asNode, type SchemaNode } from '../schema/schema-node.ts';
import { isKind, KINDS } from './registry.ts';

const kinds = Object.values(KINDS);

/** Every field of a schema with its path. */
function fields(node: SchemaNode, path: string): [path: string, node: SchemaNode][] {
  const below = Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    fields(child, `${path}.${name}`),
  );
  const items = node.items === undefined ? [] : fields(node.items, `${path}[]`);
  return [[path, node], ...below, ...items];
}

function fieldsOf({ spec, status }: (typeof kinds)[number]) {
  return [...fields(asNode(spec), 'spec'), ...fields(asNode(status), 'status')];
}

describe('the registry of kinds', () => {
  it('has the eleven kinds, each under its own name', () => {
    expect(Object.entries(KINDS).filter(([name, { kind }]) => name !== kind)).toEqual([]);
    expect(kinds).toHaveLength(11);
  });

  it.each(['plural', 'singular', 'sidPrefix'] as const)('has no %s twice', (key) => {
    expect(new Set(kinds.map((kind) => kind[key])).size).toBe(kinds.length);
  });

  it('has short names for every kind, and none twice or taken by Kubernetes', () => {
    const names = kinds.flatMap((kind) => kind.shortNames);
    const taken = [
      'po',
      'svc',
      'no',
      'ns',
      'pv',
      'pvc',
      'cm',
      'ev',
      'sa',
      'ep',
      'ds',
      'deploy',
      'rs',
      'sts',
      'cj',
      'ing',
      'netpol',
      'pdb',
      'crd',
      'crds',
      'sc',
      'pc',
      'hpa',
      'limits',
      'quota',
      'rc',
      'csr',
    ];
    expect(kinds.filter((kind) => kind.shortNames.length === 0)).toEqual([]);
    expect(names.filter((name, index) => names.indexOf(name) !== index || taken.includes(name))).toEqual([]);
  });

  it('knows its kinds and no property of Object', () => {
    expect(isKind('Trunk')).toBe(true);
    expect(isKind('constructor')).toBe(false);
    expect(isKind('trunk')).toBe(false);
  });
});

describe.each(kinds)('$kind', (definition) => {
  const all = fieldsOf(definition);

  it('describes every field with a sentence', () => {
    expect(
      all.filter(([, node]) => !/^[A-Z+].{8,}\.$/.test(node.description ?? '')).map(([path]) => path),
    ).toEqual([]);
  });

  it('bounds every string, list and number, so that CEL has a budget', () => {
    const unbounded = all.filter(([path, node]) => {
      if (node.type === 'string') return node.maxLength === undefined;
      if (node.type === 'array')
        return node.maxItems === undefined || node['x-kubernetes-list-type'] === undefined;
      return (
        node.type === 'integer' &&
        path.startsWith('spec') &&
        (node.minimum === undefined || node.maximum === undefined)
      );
    });
    expect(unbounded.map(([path]) => path)).toEqual([]);
  });

  it('uses only keywords that the generator and the loader know', () => {
    const known = [
      'type',
      'description',
      'default',
      'properties',
      'required',
      'items',
      'enum',
      'pattern',
      'format',
      'minLength',
      'maxLength',
      'minItems',
      'maxItems',
      'minimum',
      'maximum',
      'form',
      'rules',
      'x-kubernetes-list-type',
      'x-kubernetes-list-map-keys',
    ];
    const unknown = all.flatMap(([path, node]) =>
      Object.keys(node)
        .filter((key) => !known.includes(key))
        .map((key) => `${path} ${key}`),
    );
    expect(unknown).toEqual([]);
  });

  it('gives every rule a message and a remedy', () => {
    const rules = [...all.flatMap(([, node]) => node.rules ?? []), ...(definition.rules ?? [])];
    expect(
      rules.filter(({ message, remedy }) => message === '' || remedy === '' || remedy.endsWith('.')),
    ).toEqual([]);
  });

  it('has conditions as a list-map, observedGeneration and a SID in status', () => {
    const status = asNode(definition.status).properties ?? {};
    expect(status.conditions).toMatchObject({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    });
    expect(status.conditions?.items?.properties).toHaveProperty('observedGeneration');
    expect(status).toHaveProperty('observedGeneration');
    expect(status).toHaveProperty('sid');
  });

  it('has three to five columns that end in Ready, Reason and Age', () => {
    const names = definition.columns.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(3);
    expect(names.length).toBeLessThanOrEqual(5);
    expect(names.slice(-3)).toEqual(['Ready', 'Reason', 'Age']);
  });

  it('has columns and selectable fields that exist', () => {
    const paths = new Set(all.map(([path]) => `.${path}`));
    const own = definition.columns.slice(0, -3).map(({ jsonPath }) => jsonPath.replace('[*]', '[]'));
    expect([...own, ...(definition.selectableFields ?? [])].filter((path) => !paths.has(path))).toEqual([]);
  });
});
