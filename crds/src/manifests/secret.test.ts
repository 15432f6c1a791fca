// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { loadManifests } from './load-manifests.ts';
import { formatProblem } from './problem.ts';
import { secretText, type Secret } from './secret.ts';

const HIDDEN = 'Tr0ub4dor-Hidden';

function load(body: string) {
  return loadManifests([
    { path: 's.yaml', text: `apiVersion: v1\nkind: Secret\nmetadata: {name: pbx, namespace: acme}\n${body}` },
  ]);
}

describe('Secrets in manifests', () => {
  it('are stored as the API server stores them', () => {
    const { resources, problems } = load(
      'type: Opaque\ndata: {a: aGk=, b: aGk=}\nstringData: {b: "Zürich", c: ""}\n',
    );
    expect(problems).toEqual([]);
    expect(resources).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'pbx', namespace: 'acme', generation: 1 },
        type: 'Opaque',
        data: { a: 'aGk=', b: 'WsO8cmljaA==', c: '' },
        source: { file: 's.yaml', line: 1 },
      },
    ]);
    const secret = resources[0] as Secret;
    expect(['a', 'b', 'c', 'd', 'toString'].map((key) => secretText(secret, key))).toEqual([
      'hi',
      'Zürich',
      '',
      undefined,
      undefined,
    ]);
  });

  it('may have line breaks in base64', () => {
    expect(load('data:\n  a: |\n    aGk\n    =\n').problems).toEqual([]);
  });

  it.each([
    ['not base64', `data: {password: ${HIDDEN}}`],
    ['not a string', `stringData: {password: [${HIDDEN}]}`],
    ['not a map', `stringData: ${HIDDEN}`],
    ['an unknown field', `stringdata: {password: ${HIDDEN}}`],
    ['a bad key', `stringData: {"pass word": ${HIDDEN}}`],
    ['a bad alias', `stringData: {password: *${HIDDEN}}`],
    ['an open quote', `stringData:\n  password: "${HIDDEN}\n`],
    ['an unknown tag', `stringData: {password: !${HIDDEN} x}`],
    ['a second colon', `stringData:\n  password: ${HIDDEN}: ${HIDDEN}\n`],
    ['a directive', `%${HIDDEN}`],
    ['text behind a flow map', `stringData: {password: x} ${HIDDEN}`],
  ])('never show a value: %s', (_case, body) => {
    const { resources, problems } = load(body);
    expect(resources).toEqual([]);
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems) + problems.map(formatProblem).join()).not.toContain(HIDDEN);
  });

  it('need a namespace', () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: pbx}\nstringData: {password: x}';
    expect(loadManifests([{ path: 's.yaml', text }]).problems.map(({ field }) => field)).toEqual([
      'metadata.namespace',
    ]);
  });
});
