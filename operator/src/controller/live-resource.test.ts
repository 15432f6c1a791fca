// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { resource, trunk } from '../compile/fixtures.ts';
import { compilable, RESOURCE_KINDS, type LiveResource } from './live-resource.ts';

const live = (made: object, metadata: object = {}, status?: object): LiveResource => {
  const { metadata: own, ...rest } = made as LiveResource;
  return { ...rest, metadata: { ...own, ...metadata }, ...(status && { status }) };
};

describe('a resource as it is compiled', () => {
  it('has nothing that our own writes change', () => {
    const made = trunk('acme/main', 'main', { age: 3 });
    const before = live(made, { uid: 'u', resourceVersion: '1' });
    const after = live(
      made,
      { uid: 'u', resourceVersion: '2', finalizers: ['x'], labels: { a: 'b' } },
      { conditions: [{ type: 'Ready', status: 'True' }], numbers: 3 },
    );
    expect(compilable(after)).toEqual(compilable(before));
    expect(compilable(after)).toMatchObject({ kind: 'Trunk', metadata: made.metadata, spec: made.spec });
  });

  it.each([
    [trunk('acme/main', 'main'), 'terminationUris', ['main.pstn.example.com']],
    [resource('PhoneNumber', 'acme/n', { match: { pattern: '+44' } }), 'number', '+442079460001'],
    [resource('OutgoingCallerId', 'acme/n', { number: '+15550199' }), 'verified', true],
  ])('keeps what was given away: %#', (made, field, value) => {
    const found = compilable(live(made, {}, { [field]: value, conditions: [] }));
    expect(found.status).toEqual({ [field]: value });
  });
});

describe('kinds', () => {
  it('have their URLs from the definitions', () => {
    expect(RESOURCE_KINDS.IpAccessControlList).toEqual({
      apiVersion: 'trunkline.dev/v1alpha1',
      kind: 'IpAccessControlList',
      plural: 'ipaccesscontrollists',
      namespaced: true,
    });
    expect(RESOURCE_KINDS.Carrier.namespaced).toBe(false);
    expect(Object.keys(RESOURCE_KINDS).length).toBe(11);
  });
});
