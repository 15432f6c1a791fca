// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_FINAL_CODES } from '../kinds/trunk.ts';
import { loadManifests, type LoadedResource } from './load-manifests.ts';
import { formatProblem } from './problem.ts';

function load(...texts: string[]) {
  return loadManifests(texts.map((text, index) => ({ path: `${'abc'[index] ?? 'x'}.yaml`, text })));
}

function problemsOf(...texts: string[]): string[] {
  return load(...texts).problems.map(formatProblem);
}

function named(resources: LoadedResource[]): string[] {
  return resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

const trunk = (rest = '', name = 'acme') =>
  `apiVersion: trunkline.dev/v1alpha1\nkind: Trunk\nmetadata: {name: ${name}, namespace: acme}\n${rest}`;

describe('loadManifests', () => {
  it('fills in every default, and leaves absent what has none', () => {
    const { resources, problems } = load(trunk());
    expect(problems).toEqual([]);
    expect(resources).toEqual([
      {
        apiVersion: 'trunkline.dev/v1alpha1',
        kind: 'Trunk',
        metadata: { name: 'acme', namespace: 'acme', generation: 1 },
        spec: {
          secure: false,
          symmetricRtp: false,
          cnamLookup: false,
          recording: { mode: 'do-not-record', trim: 'do-not-trim' },
          transfer: { mode: 'disable-all', callerId: 'from-transferee' },
          limits: { maxCallDuration: '24h' },
          failover: { answerTimeout: '4s', finalCodes: DEFAULT_FINAL_CODES },
        },
        source: { file: 'a.yaml', line: 1 },
      },
    ]);
  });

  it('keeps what is given beside the defaults of the same object, and inside lists', () => {
    const text = `apiVersion: trunkline.dev/v1alpha1
kind: Carrier
metadata: {name: pstn, generation: 7, labels: {tier: one}}
spec: {prefixes: ["+"], gateways: [{host: 192.0.2.10, weight: 60}]}
`;
    const [carrier] = load(text).resources;
    expect(carrier?.metadata).toEqual({ name: 'pstn', generation: 7, labels: { tier: 'one' } });
    expect(carrier).toMatchObject({
      spec: {
        gateways: [{ host: '192.0.2.10', transport: 'udp', priority: 10, weight: 60, enabled: true }],
        codecs: [],
      },
    });
  });

  it('does not share defaults between resources', () => {
    const [one, two] = load(trunk(), trunk('', 'other')).resources;
    if (one?.kind !== 'Trunk' || two?.kind !== 'Trunk') throw new Error('two trunks');
    one.spec.failover.finalCodes.push('499');
    expect(two.spec.failover.finalCodes).toEqual(DEFAULT_FINAL_CODES.filter((code) => code !== '499'));
    expect(load(trunk()).resources[0]).toMatchObject({
      spec: { failover: { finalCodes: expect.not.arrayContaining(['499']) } },
    });
  });

  it('leaves out the one bad resource and keeps its neighbours, in the file and beyond', () => {
    const { resources, problems } = load(
      [trunk(), trunk('spec: {secure: 1}', 'bad'), trunk('', 'good')].join('\n---\n'),
      trunk('', 'far'),
    );
    expect(named(resources)).toEqual(['Trunk acme', 'Trunk good', 'Trunk far']);
    expect(problems.map(({ name, line, severity }) => ({ name, line, severity }))).toEqual([
      { name: 'bad', line: 9, severity: 'error' },
    ]);
  });

  it('keeps a broken document from taking down the next', () => {
    const { resources, problems } = load(`${trunk('spec: {secure: [}', 'bad')}\n---\n${trunk()}`);
    expect(named(resources)).toEqual(['Trunk acme']);
    expect(problems[0]).toMatchObject({ line: 4, kind: 'Trunk' });
  });

  it('reports all mistakes of a resource, in the order of lines', () => {
    const text = trunk('spec:\n  secure: maybe\n  frendlyName: Acme\n  limits: {callsPerSecond: 0}\n');
    expect(problemsOf(text)).toEqual([
      'a.yaml:5:11: Trunk acme/acme: spec.secure: must be true or false (got "maybe"). Write true or false.',
      'a.yaml:6:3: Trunk acme/acme: spec.frendlyName: is not a known field. Did you mean friendlyName?',
      'a.yaml:7:28: Trunk acme/acme: spec.limits.callsPerSecond: is out of range (got 0). Write a number from 1 to 100000.',
    ]);
  });

  it('runs no rule over an object that is already wrong', () => {
    const text = `apiVersion: trunkline.dev/v1alpha1
kind: NumberPool
metadata: {name: us}
spec:
  carrierRef: {name: pstn}
  ranges: [{from: "15550199", to: "+15550100"}]
`;
    expect(load(text).problems.map(({ field }) => field)).toEqual(['spec.ranges[0].from']);
  });

  it('finds a resource twice across files, and names the first place', () => {
    const { resources, problems } = load(trunk(), `\n${trunk()}`);
    expect(resources).toHaveLength(1);
    expect(problems.map(formatProblem)).toEqual([
      'b.yaml:4:18: Trunk acme/acme: metadata.name: is already used by the Trunk at a.yaml:1, which is kept (got "acme"). Rename or remove one of the two.',
    ]);
  });

  it('takes the same name in another namespace or of another kind for another resource', () => {
    const other = trunk().replace('namespace: acme', 'namespace: globex');
    const number =
      'apiVersion: trunkline.dev/v1alpha1\nkind: OutgoingCallerId\nmetadata: {name: acme, namespace: acme}\nspec: {number: "+15550100"}';
    expect(problemsOf(trunk(), other, number)).toEqual([]);
  });

  it('warns of an empty value, a network with host bits and one that is everybody, and keeps the resource', () => {
    const text = `apiVersion: trunkline.dev/v1alpha1
kind: IpAccessControlList
metadata: {name: office, namespace: acme}
spec:
  friendlyName:
  addresses:
    - cidr: 203.0.113.7/24
    - cidr: ::/0
`;
    const { resources, problems } = load(text);
    expect(named(resources)).toEqual(['IpAccessControlList office']);
    expect(problems.map(({ severity, field, line }) => [severity, field, line])).toEqual([
      ['warning', 'spec.friendlyName', 5],
      ['warning', 'spec.addresses[0].cidr', 7],
      ['warning', 'spec.addresses[1].cidr', 8],
    ]);
    expect(formatProblem(problems[1]!)).toBe(
      'a.yaml:7:13: warning: IpAccessControlList acme/office: spec.addresses[0].cidr: has host bits set and means the whole network 203.0.113.0/24 (got "203.0.113.7/24"). Write 203.0.113.0/24, or a longer prefix for one address.',
    );
    expect(resources[0]).not.toHaveProperty('spec.friendlyName');
  });

  it('takes a required field without a value for a missing one', () => {
    const text =
      'apiVersion: trunkline.dev/v1alpha1\nkind: OutgoingCallerId\nmetadata: {name: a, namespace: acme}\nspec:\n  number:\n';
    expect(load(text).resources).toEqual([]);
    expect(load(text).problems.map(({ message, line }) => [message, line])).toContainEqual([
      'is required',
      5,
    ]);
  });

  it('reads what kubectl prints: a List, metadata of the server, and status', () => {
    const text = `apiVersion: v1
kind: List
items:
  - apiVersion: trunkline.dev/v1alpha1
    kind: OutgoingCallerId
    metadata:
      name: mobile
      namespace: acme
      uid: 3f6a
      resourceVersion: "17"
      creationTimestamp: "2026-01-31T12:00:00Z"
      generation: 3
      managedFields: [{manager: kubectl, fieldsV1: {f:spec: {}}}]
    spec: {number: "+15550100"}
    status:
      verified: true
      conditions:
        - {type: Ready, status: "True", reason: Verified, message: ok, lastTransitionTime: "2026-01-31T12:00:00Z"}
`;
    const { resources, problems } = load(text);
    expect(problems).toEqual([]);
    expect(resources[0]).toMatchObject({
      metadata: { generation: 3, creationTimestamp: '2026-01-31T12:00:00Z' },
      status: { verified: true },
      source: { line: 4 },
    });
  });

  it('passes over empty documents, Namespaces and kustomizations', () => {
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: acme}';
    const kustomization =
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]';
    expect(load('', '# nothing\n', `---\n---\n${namespace}\n---\n${kustomization}`)).toMatchObject({
      resources: [],
      problems: [],
    });
  });

  it('follows aliases and merge keys, to the line where the value stands', () => {
    const text = `apiVersion: trunkline.dev/v1alpha1
kind: Carrier
metadata: {name: pstn}
spec:
  prefixes: ["+"]
  gateways:
    - &first
      host: 192.0.2.10
    - <<: *first
      weight: 0
`;
    expect(load(text).problems.map(({ field, line }) => [field, line])).toEqual([
      ['spec.gateways[1].weight', 10],
    ]);
  });

  it('survives aliases that grow without end', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefghij'.split('').map(
        (key, index) =>
          `${key}: &${key} [${Array(9)
            .fill(`*${'abcdefghij'[index] ?? ''}`)
            .join(', ')}]`,
      ),
    ];
    expect(load(bomb.join('\n')).problems).toHaveLength(1);
  });

  it('does not confuse keys with properties of Object', () => {
    const text = trunk('spec: {constructor: 1, toString: x, __proto__: {secure: true}}');
    expect(load(text).resources).toEqual([]);
    expect(load(text).problems.map(({ message }) => message)).toEqual(Array(3).fill('is not a known field'));
  });

  it('takes a mapping as a key for what it is: no field', () => {
    const text = 'apiVersion: ? apiVersion: trunkline.dev/v1alpha1\n<<';
    expect(problemsOf(text).length).toBeGreaterThan(0);
  });

  it.each([
    ['a program', '\x7fELF\x02\0\0', '1:1'],
    ['UTF-16', 'k\0i\0n\0d\0', '1:2'],
    ['Latin-1', 'a: 1\nb: caf\ufffd\n', '2:7'],
    ['an escape for the terminal', 'a: "\x1b[31m"\n', '1:5'],
  ])('says once that %s is no UTF-8 text', (_, text, place) => {
    expect(problemsOf(text)).toEqual([
      `a.yaml:${place}: is not text in UTF-8, which YAML must be. Save it as UTF-8 without control characters, or move it out of the directory.`,
    ]);
  });

  it('takes every letter, a byte order mark and Windows line ends for text', () => {
    expect(
      problemsOf(`\ufeff${trunk('spec: {friendlyName: "Žluťoučký 電話 📞"}').replaceAll('\n', '\r\n')}`),
    ).toEqual([]);
  });

  it('never throws, whatever it reads', () => {
    const word = fc.constantFrom(
      'apiVersion: ',
      'trunkline.dev/v1alpha1\n',
      'kind: Trunk\n',
      'metadata:',
      ' {name: a',
      '}\n',
      'spec:\n',
      '  - ',
      '---\n',
      '&a ',
      '*a',
      '"',
      '\t',
      ': ',
      '? ',
      '!x ',
      '[',
      '<<',
      '\n',
      '|',
      'items: ',
      '%YAML',
      'null',
      '1e999',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(word).map((words) => words.join('')),
          fc.string(),
        ),
        (text) => {
          load(text);
        },
      ),
      { numRuns: 500 },
    );
    const manifest = fc.record({
      apiVersion: fc.constant('trunkline.dev/v1alpha1'),
      kind: fc.constantFrom('Trunk', 'Carrier', 'Edge', 'PhoneNumber'),
      metadata: fc.jsonValue(),
      spec: fc.jsonValue(),
      status: fc.jsonValue(),
    });
    fc.assert(
      fc.property(manifest, (value) => {
        load(JSON.stringify(value));
      }),
      { numRuns: 300 },
    );
  });
});

describe('locate', () => {
  const loaded = load(
    `\n${trunk('spec:\n  termination:\n    domainName: acme\n    authentication:\n      credentialLists:\n        - pbx\n')}`,
  );
  const acme = { kind: 'Trunk', metadata: { namespace: 'acme', name: 'acme' } };

  it.each([
    ['spec.termination.domainName', 7, 17],
    ['spec.termination.authentication.credentialLists[0]', 10, 11],
    ['spec.termination.authentication.ipAccessControlLists[0]', 8, 5],
    ['spec.limits.callsPerSecond', 5, 1],
    ['metadata.name', 4, 18],
    ['', 2, 1],
  ])('finds %s', (field, line, column) => {
    expect(loaded.locate(acme, field)).toEqual({ file: 'a.yaml', line, column });
  });

  it('knows no resource that was not read', () => {
    expect(loaded.locate({ kind: 'Trunk', metadata: { name: 'acme' } }, 'spec')).toBeUndefined();
  });
});
