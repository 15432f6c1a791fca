// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { resource, trunk } from '../compile/fixtures.ts';
import { SecretRefs } from './secret-refs.ts';

const list = (name: string, ...secrets: string[]) =>
  resource('CredentialList', `acme/${name}`, {
    credentials: secrets.map((secret, i) => ({ username: `u${i}`, passwordSecretRef: { name: secret } })),
  });
const pstn = resource('Carrier', 'pstn', {
  prefixes: ['+'],
  gateways: [{ host: '192.0.2.1' }],
  credentialsSecretRef: { name: 'login', namespace: 'system' },
});

describe('references to Secrets', () => {
  it('are told when the first comes and the last goes', () => {
    const refs = new SecretRefs();
    expect(refs.replace('CredentialList/acme/a', list('a', 's1', 's2', 's1'))).toEqual({
      added: ['acme/s1', 'acme/s2'],
      dropped: [],
    });
    expect(refs.replace('CredentialList/acme/b', list('b', 's1'))).toEqual({ added: [], dropped: [] });
    expect(refs.replace('CredentialList/acme/a', list('a', 's3'))).toEqual({
      added: ['acme/s3'],
      dropped: ['acme/s2'],
    });
    expect(refs.replace('CredentialList/acme/b', undefined)).toEqual({ added: [], dropped: ['acme/s1'] });
  });

  it('stay where nothing of them changes', () => {
    const refs = new SecretRefs();
    refs.replace('CredentialList/acme/a', list('a', 's1'));
    expect(refs.replace('CredentialList/acme/a', list('a', 's1'))).toEqual({ added: [], dropped: [] });
  });

  it('are those of lists and carriers', () => {
    const refs = new SecretRefs();
    expect(refs.replace('Carrier/pstn', pstn).added).toEqual(['system/login']);
    expect(refs.replace('Trunk/acme/a', trunk('acme/a')).added).toEqual([]);
    const unreadable = { ...list('b'), spec: undefined } as never;
    expect(refs.replace('CredentialList/acme/b', unreadable)).toEqual({ added: [], dropped: [] });
  });
});
