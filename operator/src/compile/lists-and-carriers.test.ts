// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { compiled, conditionOf, reasons, resource } from './fixtures.ts';

const GOOD = 'Correct-Horse-7';
const list = (users: string[]) =>
  resource('CredentialList', 'a/pbx', {
    credentials: users.map((username) => ({ username, passwordSecretRef: { name: 'pbx', key: username } })),
  });

describe('credential lists', () => {
  it('leave the operator as H(A1) with the base domain as realm', () => {
    const result = compiled([list(['pbx'])], { secrets: { 'a/pbx': { pbx: GOOD } } });
    const a1 = `pbx:example.com:${GOOD}`;
    const expected = {
      username: 'pbx',
      ha1Md5: createHash('md5').update(a1).digest('hex'),
      ha1Sha256: createHash('sha256').update(a1).digest('hex'),
    };
    expect(result.config.secrets).toMatchObject([{ credentialLists: { 'a/pbx': [expected] } }]);
    expect(JSON.stringify(result)).not.toContain(GOOD);
    expect(conditionOf(result, 'CredentialList/a/pbx', 'Ready')).toBe('True Ready');
  });

  it.each([
    ['Short-7a', 'is shorter than 12 characters'],
    ['Correct-Horse-x', 'has no digit'],
    ['CORRECT-HORSE-7', 'has no lower-case letter'],
    ['correct-horse-7', 'has no upper-case letter'],
    [`${GOOD}\n`, 'contains a line break'],
  ])('leave out the user with the password %j and keep the others', (weak, flaw) => {
    const result = compiled([list(['good', 'weak'])], { secrets: { 'a/pbx': { good: GOOD, weak } } });
    expect(result.config.secrets[0]?.credentialLists['a/pbx']?.map(({ username }) => username)).toEqual([
      'good',
    ]);
    expect(conditionOf(result, 'CredentialList/a/pbx', 'Accepted')).toBe('False WeakPassword');
    expect(result.findings[0]).toMatchObject({ field: 'spec.credentials[1].passwordSecretRef' });
    expect(result.findings[0]?.message).toContain(flaw);
    expect(result.statuses.get('CredentialList/a/pbx')).toMatchObject({
      credentials: 1,
      rejectedCredentials: [{ username: 'weak', reason: 'WeakPassword' }],
    });
    expect(JSON.stringify(result.findings)).not.toContain(weak);
  });

  it('miss a Secret, and a key in it', () => {
    expect(reasons(compiled([list(['x'])]), 'CredentialList/a/pbx')).toEqual(['SecretNotFound']);
    const other = compiled([list(['x'])], { secrets: { 'a/pbx': { y: GOOD } } });
    expect(conditionOf(other, 'CredentialList/a/pbx', 'ResolvedRefs')).toBe('False KeyNotFound');
    const elsewhere = compiled([list(['x'])], { secrets: { 'b/pbx': { x: GOOD } } });
    expect(reasons(elsewhere, 'CredentialList/a/pbx')).toEqual(['SecretNotFound']);
  });
});

describe('access lists', () => {
  const access = (cidr: string) => resource('IpAccessControlList', 'a/office', { addresses: [{ cidr }] });
  const carrier = resource('Carrier', 'pstn', { inbound: { sources: [{ cidr: '192.0.2.0/28' }] } });

  it('warn of an address from which calls count as a carrier’s', () => {
    expect(reasons(compiled([access('192.0.2.7/32'), carrier]), 'IpAccessControlList/a/office')).toEqual([
      'AddressIsCarrier',
    ]);
    expect(reasons(compiled([access('192.0.2.16/32'), carrier]), 'IpAccessControlList/a/office')).toEqual([]);
    expect(reasons(compiled([access('192.0.0.0/16'), carrier]), 'IpAccessControlList/a/office')).toEqual([
      'AddressIsCarrier',
    ]);
    expect(reasons(compiled([access('2001:db8::/64'), carrier]), 'IpAccessControlList/a/office')).toEqual([]);
  });
});

describe('carriers', () => {
  const carrier = (name: string, spec: object, age = 0) => resource('Carrier', name, spec, { age });
  const sources = (cidr: string) => ({ inbound: { sources: [{ cidr }] } });

  it('publish enabled gateways, oldest carrier first', () => {
    const gateway = { host: '192.0.2.10', enabled: true };
    const result = compiled([
      carrier('young', { prefixes: ['+'], gateways: [gateway, { ...gateway, enabled: false }] }, 1),
      carrier('old', sources('198.51.100.0/28'), 2),
    ]);
    expect(result.config.global.carriers.map(({ name }) => name)).toEqual(['old', 'young']);
    expect(result.config.global.carriers[1]?.gateways).toEqual([
      { host: '192.0.2.10', transport: 'udp', priority: 10, weight: 10 },
    ]);
  });

  it('report shared inbound sources on the younger', () => {
    const result = compiled([
      carrier('a', sources('192.0.2.0/24'), 1),
      carrier('b', sources('192.0.2.8/32'), 2),
    ]);
    expect(reasons(result, 'Carrier/a')).toEqual(['SourcesOverlap']);
    expect(reasons(result, 'Carrier/b')).toEqual([]);
  });

  it('take their login from a Secret, whose password stays in the secret shard', () => {
    const spec = { ...sources('192.0.2.0/28'), credentialsSecretRef: { name: 'login' } };
    const login = { username: 'us', password: 'their-choice' };
    const result = compiled([carrier('a', spec)], { secrets: { 'trunkline-system/login': login } });
    expect(result.config.global.carriers[0]?.hasCredentials).toBe(true);
    expect(result.config.secrets).toMatchObject([{ shard: 'global', carriers: { a: login } }]);
    expect(JSON.stringify(result.config.global)).not.toContain('their-choice');
    const missing = compiled([carrier('a', spec)]);
    expect(conditionOf(missing, 'Carrier/a', 'ResolvedRefs')).toBe('False SecretNotFound');
  });
});
