// SPDX-License-Identifier: Apache-2.0
import type { RoutingShard } from '@trunkline/crds';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  BASE,
  makeAccount,
  makeCarrier,
  makeConfig,
  makeSecrets,
  makeTrunk,
  NUMBER,
  OFFICE,
} from '../policy/policy.fixture.ts';
import { buildConfigIndex } from './config-index.ts';

const sub = makeTrunk({ key: 'acme/sub', name: 'sub', domainName: 'a.acme', numbers: [] });

describe('trunkByHost', () => {
  const index = buildConfigIndex(makeConfig({ trunks: [makeTrunk(), sub] }));

  it.each([
    [`acme.pstn.${BASE}`, 'acme/acme', undefined],
    [`ACME.PSTN.Example.COM`, 'acme/acme', undefined],
    [`acme.pstn.${BASE}.`, 'acme/acme', undefined],
    [`acme.pstn.ashburn.${BASE}`, 'acme/acme', 'ashburn'],
    [`acme.pstn.dublin.${BASE}`, 'acme/acme', 'dublin'],
    [`acme.pstn.Ashburn.${BASE}.`, 'acme/acme', 'ashburn'],
    [`acme.pstn.us1.${BASE}`, 'acme/acme', 'ashburn'],
    [`acme.pstn.IE1.${BASE}`, 'acme/acme', 'dublin'],
    [`a.acme.pstn.${BASE}`, 'acme/sub', undefined],
    [`a.acme.pstn.us1.${BASE}`, 'acme/sub', 'ashburn'],
  ])('%s is %s', (host, key, edge) => {
    const match = index.trunkByHost(host);
    expect(match?.trunk.key).toBe(key);
    expect(match?.edge).toBe(edge);
  });

  it.each([
    '',
    '.',
    BASE,
    `.${BASE}`,
    `pstn.${BASE}`,
    `pstn.ashburn.${BASE}`,
    `acme.${BASE}`,
    `other.pstn.${BASE}`,
    `acme.pstn.nowhere.${BASE}`,
    `acme.pstn.ashburn.us1.${BASE}`,
    `b.acme.pstn.${BASE}`,
    `acme.pstn.${BASE}..`,
    `acme.pstn.evil${BASE}`,
    'acme.pstn.example.org',
    '192.0.2.1',
    '__proto__',
  ])('%j is no trunk', (host) => {
    expect(index.trunkByHost(host)).toBeUndefined();
  });

  it('knows its own domain and those below it', () => {
    expect([BASE, `x.${BASE}`, `EXAMPLE.com.`].map((host) => index.isOwnDomain(host))).toEqual([
      true,
      true,
      true,
    ]);
    expect([`x${BASE}`, 'com', ''].map((host) => index.isOwnDomain(host))).toEqual([false, false, false]);
  });
});

describe('look-ups', () => {
  it('finds trunk and account by number, a number without trunk too', () => {
    const index = buildConfigIndex(makeConfig());
    expect(index.trunkByNumber(NUMBER)?.key).toBe('acme/acme');
    expect(index.trunkByNumber('+15550199')).toBeUndefined();
    expect(index.accountByNumber('+15550199')?.name).toBe('acme');
    expect(index.accountByNamespace('acme')?.name).toBe('acme');
  });

  it('finds credentials by list and user, nothing by a name that objects have by themselves', () => {
    const index = buildConfigIndex(makeConfig());
    expect(index.credential('acme/pbx', 'pbx')?.username).toBe('pbx');
    expect(index.credential('acme/pbx', 'nobody')).toBeUndefined();
    expect(index.credential('acme/none', 'pbx')).toBeUndefined();
    expect(index.credential('constructor', 'name')).toBeUndefined();
    expect(index.carrierCredentials('constructor')).toBeUndefined();
  });

  it('gives carrier credentials from the global secret shard', () => {
    const global = {
      ...makeSecrets({}),
      shard: 'global',
      carriers: { pstn: { username: 'u', password: 'p' } },
    };
    const index = buildConfigIndex(makeConfig({ secrets: [global] }));
    expect(index.carrierCredentials('pstn')?.username).toBe('u');
  });

  it('says how a caller id is allowed', () => {
    const index = buildConfigIndex(makeConfig());
    const account = makeAccount();
    expect(index.callerIdKind(account, NUMBER)).toBe('number');
    expect(index.callerIdKind(account, '+15550177')).toBe('verified');
    expect(index.callerIdKind(account, '+15550178')).toBeUndefined();
  });

  it('names the list and CIDR that let an address in', () => {
    const index = buildConfigIndex(makeConfig());
    expect(index.trunkSource(makeTrunk(), OFFICE)).toEqual({ list: 'acme/office', cidr: `${OFFICE}/32` });
  });
});

describe('carriers', () => {
  const carriers = [
    makeCarrier({ name: 'zeta', prefixes: ['+44'], inboundSources: ['198.51.100.0/24'] }),
    makeCarrier({ name: 'world', prefixes: ['+'], inboundSources: ['192.0.2.0/24'] }),
    makeCarrier({
      name: 'london',
      prefixes: ['+4420', '+44'],
      inboundSources: ['192.0.2.128/25', '2001:db8::/64'],
    }),
  ];
  const index = buildConfigIndex(makeConfig({ carriers }));

  it.each([
    ['+442079460123', 'london'],
    ['+441632960123', 'london'],
    ['+15550100', 'world'],
    ['+4', 'world'],
    ['15550100', undefined],
    ['', undefined],
  ])('%s goes to %s', (number, name) => {
    expect(index.carrierByPrefix(number)?.name).toBe(name);
  });

  it.each([
    ['192.0.2.1', 'world'],
    ['192.0.2.129', 'london'],
    ['::ffff:192.0.2.129', 'london'],
    ['2001:db8::7', 'london'],
    ['198.51.100.9', 'zeta'],
    ['203.0.113.1', undefined],
  ])('%s comes from %s', (address, name) => {
    expect(index.carrierBySource(address)?.name).toBe(name);
  });
});

describe('poolChain', () => {
  const names = (accounts: ReturnType<typeof makeAccount>[], of: ReturnType<typeof makeAccount>): string[] =>
    buildConfigIndex(makeConfig({ accounts }))
      .poolChain(of)
      .map(({ name }) => name);
  const child = makeAccount({ name: 'child', namespace: 'child', parent: 'acme' });

  it('goes up to the top, and ends at a missing parent or a cycle', () => {
    expect(names([makeAccount(), child], child)).toEqual(['child', 'acme']);
    expect(names([child], child)).toEqual(['child']);
    expect(names([makeAccount({ parent: 'child' }), child], child)).toEqual(['child', 'acme']);
  });
});

describe('withShard', () => {
  const empty: RoutingShard = { version: 1, shard: '3f', revision: 'r2', accounts: [], trunks: [] };

  it('gives a new index and leaves the old one as it was', () => {
    const before = buildConfigIndex(makeConfig());
    const after = before.withShard(empty);
    expect(after.trunkByHost(`acme.pstn.${BASE}`)).toBeUndefined();
    expect(after.trunkByNumber(NUMBER)).toBeUndefined();
    expect(after.accountByNamespace('acme')).toBeUndefined();
    expect(before.trunkByHost(`acme.pstn.${BASE}`)?.trunk.key).toBe('acme/acme');
    expect(before.terminationDomains).toBe(1);
    expect(after.terminationDomains).toBe(0);
  });

  it('takes a new global shard and new secrets', () => {
    const { global } = makeConfig();
    const index = buildConfigIndex(makeConfig())
      .withShard({ ...global, baseDomain: 'example.net' })
      .withShard({ ...makeSecrets({ other: 'Another-Horse-2' }), shard: '3f' });
    expect(index.trunkByHost('acme.pstn.example.net')?.trunk.key).toBe('acme/acme');
    expect(index.credential('acme/pbx', 'pbx')).toBeUndefined();
    expect(index.credential('acme/pbx', 'other')).toBeDefined();
  });

  it('keeps the other claim when a number that two shards have leaves one of them', () => {
    const shard = (name: string, numbers: string[]): RoutingShard => ({
      ...empty,
      shard: name,
      trunks: [makeTrunk({ key: `${name}/t`, domainName: name, numbers })],
    });
    const both = buildConfigIndex({ ...makeConfig(), routing: [] })
      .withShard(shard('bb', [NUMBER]))
      .withShard(shard('aa', [NUMBER]));
    expect(both.trunkByNumber(NUMBER)?.key).toBe('aa/t');
    expect(both.withShard(shard('aa', [])).trunkByNumber(NUMBER)?.key).toBe('bb/t');
    expect(both.withShard(shard('bb', [])).trunkByNumber(NUMBER)?.key).toBe('aa/t');
  });

  it('ends as if it had been built at once, whatever the order of the changes', () => {
    const shardNames = ['00', '3f', 'ff'];
    const numbers = ['+15550100', '+15550101', '+15550102'];
    const change = fc.record({ shard: fc.constantFrom(...shardNames), numbers: fc.subarray(numbers) });
    const routing = ({ shard, numbers: own }: { shard: string; numbers: string[] }): RoutingShard => ({
      ...empty,
      shard,
      trunks: own.map((number) =>
        makeTrunk({ key: `${shard}/${number}`, domainName: number.slice(1), numbers: [number] }),
      ),
      accounts: [makeAccount({ name: shard, namespace: shard, numbers: own })],
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const start = { ...makeConfig(), routing: [] };
        let index = buildConfigIndex(start);
        const last = new Map<string, RoutingShard>();
        for (const next of changes) {
          index = index.withShard(routing(next));
          last.set(next.shard, routing(next));
        }
        const whole = buildConfigIndex({ ...start, routing: [...last.values()] });
        for (const number of numbers) {
          const host = `${number.slice(1)}.pstn.${BASE}`;
          expect(index.trunkByNumber(number)?.key).toBe(whole.trunkByNumber(number)?.key);
          expect(index.trunkByHost(host)?.trunk.key).toBe(whole.trunkByHost(host)?.trunk.key);
          expect(index.accountByNumber(number)?.name).toBe(whole.accountByNumber(number)?.name);
        }
        expect(index.terminationDomains).toBe(whole.terminationDomains);
      }),
      { seed: 2 },
    );
  });
});
