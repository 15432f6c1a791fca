// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Resource } from '@trunkline/crds';
import fc from 'fast-check';
import { compile } from './compile.ts';
import { Compiler, type SecretData } from './compiler.ts';
import { SETTINGS, resource, trunk } from './fixtures.ts';
import { resourceKey } from './resources.ts';

const uri = (key: string, name: string) =>
  resource('OriginationUri', key, { trunkRef: { name }, sipUri: 'sip:pbx.example' });

describe('an incremental compilation', () => {
  it('touches only what a change can touch', () => {
    const compiler = new Compiler(SETTINGS);
    compiler.apply({ upserted: [trunk('a/x', 'acme'), trunk('b/x', 'other'), uri('b/u', 'x')] });
    const shardOfA = compiler.config().routing.find((shard) => shard.trunks[0]?.key === 'a/x')?.shard;
    const applied = compiler.apply({ upserted: [uri('a/u', 'x')] });
    expect(applied).toEqual({
      changedShards: [shardOfA],
      changedStatuses: ['OriginationUri/a/u', 'Trunk/a/x'],
    });
    expect(compiler.apply({ upserted: [uri('a/u', 'x')] })).toEqual({
      changedShards: [],
      changedStatuses: [],
    });
  });

  it('moves a domain on when its holder goes', () => {
    const compiler = new Compiler(SETTINGS);
    compiler.apply({ upserted: [trunk('a/x', 'acme'), trunk('b/x', 'acme')] });
    const { changedShards, changedStatuses } = compiler.apply({ deleted: ['Trunk/a/x'] });
    expect(changedShards).toHaveLength(2);
    expect(changedStatuses).toEqual(['Trunk/b/x']);
    expect(compiler.config().routing.flatMap((shard) => shard.trunks)).toMatchObject([
      { key: 'b/x', domainName: 'acme' },
    ]);
  });

  it('hashes every user again when the base domain changes', () => {
    const list = resource('CredentialList', 'a/l', {
      credentials: [{ username: 'u', passwordSecretRef: { name: 's' } }],
    });
    const compiler = new Compiler(SETTINGS);
    compiler.apply({ upserted: [list], secrets: [['a/s', { password: 'Correct-Horse-7' }]] });
    const { changedShards } = compiler.apply({ settings: { ...SETTINGS, baseDomain: 'example.org' } });
    expect(changedShards).toContain('global');
    expect(changedShards.filter((name) => name.startsWith('secret-'))).toHaveLength(1);
  });

  it('equals a compilation from scratch, whatever happened before', () => {
    fc.assert(
      fc.property(fc.array(change(), { minLength: 1, maxLength: 40 }), (changes) => {
        const compiler = new Compiler(SETTINGS);
        const resources = new Map<string, Resource>();
        const secrets = new Map<string, SecretData>();
        for (const step of changes) {
          step(compiler, resources, secrets);
          const scratch = compile({ resources: resources.values(), secrets, settings: SETTINGS });
          expect(compiler.config()).toEqual(scratch.config);
          expect(compiler.statuses()).toEqual(scratch.statuses);
          expect(compiler.findings()).toEqual(scratch.findings);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('says every change of a shard or a status', () => {
    fc.assert(
      fc.property(fc.array(change(), { minLength: 1, maxLength: 30 }), (changes) => {
        const compiler = new Compiler(SETTINGS);
        const world = [new Map<string, Resource>(), new Map<string, SecretData>()] as const;
        for (const step of changes) {
          const before = snapshot(compiler);
          const applied = step(compiler, ...world);
          const after = snapshot(compiler);
          const changed = [...after].filter(([key, text]) => before.get(key) !== text).map(([key]) => key);
          const gone = [...before.keys()].filter((key) => !after.has(key) && !key.includes('/'));
          expect([...applied.changedShards, ...applied.changedStatuses].sort()).toEqual(
            [...changed, ...gone].sort(),
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Text of every shard and status by name. */
function snapshot(compiler: Compiler): Map<string, string> {
  const { global, routing, secrets } = compiler.config();
  const shards = [
    ['global', global] as const,
    ...routing.map((shard) => [shard.shard, shard] as const),
    ...secrets.map((shard) => [`secret-${shard.shard}`, shard] as const),
  ];
  const reports = [...compiler.statuses()].map(([key, status]) => {
    const issues = compiler.findings().filter((finding) => finding.resourceKey === key);
    return [key, { status, issues }] as const;
  });
  return new Map([...shards, ...reports].map(([key, value]) => [key, JSON.stringify(value)]));
}

type Step = (
  compiler: Compiler,
  resources: Map<string, Resource>,
  secrets: Map<string, SecretData>,
) => ReturnType<Compiler['apply']>;

/** Few names, so that conflicts, references and deletions meet. */
function change(): fc.Arbitrary<Step> {
  const upsert = anyResource().map((each): Step => (compiler, resources) => {
    resources.set(resourceKey(each), each);
    return compiler.apply({ upserted: [each] });
  });
  const remove = fc.nat().map((index): Step => (compiler, resources) => {
    const keys = [...resources.keys()];
    const key = keys[index % Math.max(keys.length, 1)];
    if (key === undefined) return compiler.apply({});
    resources.delete(key);
    return compiler.apply({ deleted: [key] });
  });
  const secret = fc
    .record({
      namespace: fc.constantFrom('a', 'b'),
      password: fc.constantFrom('Correct-Horse-7', 'weak', undefined),
    })
    .map(({ namespace, password }): Step => (compiler, _resources, secrets) => {
      const key = `${namespace}/s`;
      const data = password === undefined ? undefined : { password };
      if (data) secrets.set(key, data);
      else secrets.delete(key);
      return compiler.apply({ secrets: [[key, data]] });
    });
  return fc.oneof(
    { arbitrary: upsert, weight: 6 },
    { arbitrary: remove, weight: 2 },
    { arbitrary: secret, weight: 1 },
  );
}

function anyResource(): fc.Arbitrary<Resource> {
  const namespace = fc.constantFrom('a', 'b', 'c');
  const name = fc.constantFrom('x', 'y');
  const age = fc.constantFrom(0, 1, 2);
  const domain = fc.constantFrom('acme', 'branch.acme', 'other', undefined);
  const e164 = fc.constantFrom('+15550100', '+15550101', '+15550102');
  const cidr = fc.constantFrom('192.0.2.0/28', '192.0.2.8/32', '203.0.113.7/32');
  return fc.oneof(
    fc.tuple(namespace, name, domain, age, domain).map(([ns, n, d, a, held]) => {
      const status = held === undefined ? {} : { status: { terminationUris: [`${held}.pstn.example.com`] } };
      const authentication = { ipAccessControlLists: ['x'], credentialLists: ['y'] };
      const spec =
        d === undefined ? {} : { termination: { domainName: d, ...(a === 1 && { authentication }) } };
      return resource('Trunk', `${ns}/${n}`, spec, { age: a, ...status });
    }),
    fc
      .tuple(namespace, name, e164, age)
      .map(([ns, n, number, a]) =>
        resource('PhoneNumber', `${ns}/${n}`, { number, trunkRef: { name: 'x' } }, { age: a }),
      ),
    fc
      .tuple(namespace, fc.constantFrom('m', 'n'), age, e164)
      .map(([ns, n, a, number]) =>
        resource(
          'PhoneNumber',
          `${ns}/${n}`,
          { match: { pattern: '+1555' } },
          { age: a, status: { number } },
        ),
      ),
    fc.tuple(name, e164).map(([n, number]) =>
      resource('NumberPool', n, {
        carrierRef: { name: 'x' },
        numbers: [number],
        ranges: [{ from: '+15550101', to: '+15550103' }],
      }),
    ),
    fc
      .tuple(namespace, fc.constantFrom('p', 'q', 'r'), name, fc.constantFrom('', ';edge=x', ';region=us1'))
      .map(([ns, n, on, place]) =>
        resource('OriginationUri', `${ns}/${n}`, {
          trunkRef: { name: on },
          sipUri: `sip:pbx.example${place}`,
        }),
      ),
    fc
      .tuple(name, namespace, fc.constantFrom('x', 'y', undefined), fc.boolean(), age)
      .map(([n, ns, parent, suspended, a]) =>
        resource(
          'Account',
          n,
          { namespace: ns, suspended, ...(parent !== undefined && parent !== n && { parent }) },
          { age: a },
        ),
      ),
    fc
      .tuple(namespace, name, cidr)
      .map(([ns, n, c]) => resource('IpAccessControlList', `${ns}/${n}`, { addresses: [{ cidr: c }] })),
    fc.tuple(namespace, name).map(([ns, n]) =>
      resource('CredentialList', `${ns}/${n}`, {
        credentials: [{ username: 'u', passwordSecretRef: { name: 's' } }],
      }),
    ),
    fc
      .tuple(name, cidr, age)
      .map(([n, c, a]) => resource('Carrier', n, { inbound: { sources: [{ cidr: c }] } }, { age: a })),
    fc.tuple(name, fc.constantFrom('us1', undefined), age).map(([n, legacyRegion, a]) =>
      resource(
        'Edge',
        n,
        {
          signalling: { addresses: ['198.51.100.4'] },
          ...(legacyRegion !== undefined && { legacyRegion }),
        },
        { age: a },
      ),
    ),
    fc
      .tuple(namespace, name, e164, fc.boolean())
      .map(([ns, n, number, verified]) =>
        resource('OutgoingCallerId', `${ns}/${n}`, { number }, { status: { verified } }),
      ),
  );
}
