// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { accountEntryOf, compiled, conditionOf, reasons, resource, trunk, trunkEntryOf } from './fixtures.ts';

const number = (key: string, e164: string, age = 0) =>
  resource('PhoneNumber', key, { number: e164, trunkRef: { name: 'x' } }, { age });
const claim = (key: string, match: object, extra: { age?: number; status?: object } = {}) =>
  resource('PhoneNumber', key, { match }, extra);

describe('accounts', () => {
  it('are assumed full where settings say so, and missed elsewhere', () => {
    expect(accountEntryOf(compiled([trunk('a/x')]), 'a')).toMatchObject({
      name: 'a',
      type: 'full',
      suspended: false,
    });
    const strict = compiled([trunk('a/x', 'acme')], { settings: { assumeAccounts: false } });
    expect(accountEntryOf(strict, 'a')).toBeUndefined();
    expect(trunkEntryOf(strict, 'a/x')?.domainName).toBe('acme');
    expect(conditionOf(strict, 'Trunk/a/x', 'ResolvedRefs')).toBe('False AccountNotFound');
  });

  it('keep a namespace for the oldest', () => {
    const result = compiled([
      resource('Account', 'young', { namespace: 'a', type: 'full' }, { age: 1 }),
      resource('Account', 'old', { namespace: 'a', type: 'trial', callsPerSecond: 5 }, { age: 2 }),
    ]);
    expect(accountEntryOf(result, 'a')).toMatchObject({ name: 'old', type: 'trial', callsPerSecond: 5 });
    expect(conditionOf(result, 'Account/young', 'Accepted')).toBe('False NamespaceTaken');
  });

  it('report a missing parent and a circle of parents', () => {
    const account = (name: string, parent: string) => resource('Account', name, { namespace: name, parent });
    const result = compiled([account('a', 'b'), account('b', 'a'), account('c', 'nobody')]);
    expect(conditionOf(result, 'Account/a', 'Accepted')).toBe('False ParentCycle');
    expect(accountEntryOf(result, 'a')?.parent).toBeUndefined();
    expect(conditionOf(result, 'Account/c', 'ResolvedRefs')).toBe('False ParentNotFound');
  });

  it('have the verified caller ids only', () => {
    const id = (key: string, e164: string, verified?: boolean) =>
      resource(
        'OutgoingCallerId',
        key,
        { number: e164 },
        verified === undefined ? {} : { status: { verified } },
      );
    const result = compiled([
      id('a/one', '+15550101', true),
      id('a/two', '+15550102', false),
      id('a/three', '+15550103'),
    ]);
    expect(accountEntryOf(result, 'a')?.verifiedCallerIds).toEqual(['+15550101']);
    expect(conditionOf(result, 'OutgoingCallerId/a/two', 'Ready')).toBe('False NotVerified');
  });
});

describe('phone numbers', () => {
  it('belong to the older of two accounts', () => {
    const result = compiled([
      trunk('a/x'),
      trunk('b/x'),
      number('a/n', '+15550100', 1),
      number('b/n', '+15550100', 2),
    ]);
    expect(trunkEntryOf(result, 'b/x')?.numbers).toEqual(['+15550100']);
    expect(trunkEntryOf(result, 'a/x')?.numbers).toEqual([]);
    expect(accountEntryOf(result, 'a')?.numbers).toEqual([]);
    expect(conditionOf(result, 'PhoneNumber/a/n', 'Accepted')).toBe('False NumberTaken');
    expect(result.statuses.get('PhoneNumber/b/n')).toMatchObject({ number: '+15550100', trunk: 'x' });
  });

  it('stay with the account where their trunk is missing', () => {
    const result = compiled([number('a/n', '+15550100')]);
    expect(accountEntryOf(result, 'a')?.numbers).toEqual(['+15550100']);
    expect(conditionOf(result, 'PhoneNumber/a/n', 'ResolvedRefs')).toBe('False TrunkNotFound');
  });

  describe('from a pool', () => {
    const carrier = resource('Carrier', 'pstn', { inbound: { sources: [{ cidr: '192.0.2.0/28' }] } });
    const pool = resource('NumberPool', 'pool', {
      carrierRef: { name: 'pstn' },
      numbers: ['+15550110'],
      ranges: [{ from: '+15550101', to: '+15550103' }],
      country: 'US',
    });

    it('are the lowest free ones, oldest claim first', () => {
      const result = compiled([
        carrier,
        pool,
        number('b/n', '+15550101'),
        claim('a/young', { country: 'US' }, { age: 1 }),
        claim('a/old', { country: 'US' }, { age: 2 }),
      ]);
      expect(result.statuses.get('PhoneNumber/a/old')).toMatchObject({ number: '+15550102', pool: 'pool' });
      expect(result.statuses.get('PhoneNumber/a/young')?.number).toBe('+15550103');
      expect(result.statuses.get('NumberPool/pool')).toMatchObject({ size: 4, claimed: 3 });
    });

    it('match from the start, * for one digit', () => {
      const matching = (pattern: string) =>
        compiled([carrier, pool, claim('a/n', { pattern })]).statuses.get('PhoneNumber/a/n')?.number;
      expect(matching('+1555**1')).toBe('+15550110');
      expect(matching('1555**0')).toBe('+15550101');
      expect(matching('555')).toBeUndefined();
    });

    it('stay with whoever has them', () => {
      const has = { status: { number: '+15550103' } };
      const result = compiled([
        carrier,
        pool,
        claim('a/new', { country: 'US' }, { age: 9 }),
        claim('a/n', { country: 'US' }, has),
      ]);
      expect(result.statuses.get('PhoneNumber/a/n')?.number).toBe('+15550103');
      expect(result.statuses.get('PhoneNumber/a/new')?.number).toBe('+15550101');
    });

    it('are refused with a reason where none is free or there is no pool', () => {
      expect(reasons(compiled([carrier, pool, claim('a/n', { country: 'GB' })]), 'PhoneNumber/a/n')).toEqual([
        'NoNumberFree',
      ]);
      expect(reasons(compiled([claim('a/n', { country: 'GB' })]), 'PhoneNumber/a/n')).toEqual([
        'NoNumberPool',
      ]);
    });
  });
});
