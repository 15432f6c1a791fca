// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { compiled, conditionOf, reasons, resource, trunk, trunkEntryOf } from './fixtures.ts';

const heldAs = (domain: string) => ({ status: { terminationUris: [`${domain}.pstn.example.com`] } });

describe('termination domains', () => {
  it('belong to the older of two trunks, and by key where none is older', () => {
    const aged = compiled([trunk('a/young', 'acme', { age: 1 }), trunk('b/old', 'acme', { age: 2 })]);
    expect(trunkEntryOf(aged, 'b/old')?.domainName).toBe('acme');
    expect(trunkEntryOf(aged, 'a/young')?.domainName).toBeUndefined();
    expect(conditionOf(aged, 'Trunk/a/young', 'Accepted')).toBe('False DomainTaken');
    expect(conditionOf(aged, 'Trunk/a/young', 'Stalled')).toBe('True DomainTaken');
    expect(conditionOf(aged, 'Trunk/b/old', 'Accepted')).toBe('True Accepted');
    const twins = compiled([trunk('b/x', 'acme'), trunk('a/x', 'acme')]);
    expect(trunkEntryOf(twins, 'a/x')?.domainName).toBe('acme');
  });

  it('name the rival within the account only', () => {
    const message = (rival: string) =>
      compiled([trunk('a/one', 'acme'), trunk(rival, 'acme')]).findings.find(
        ({ reason }) => reason === 'DomainTaken',
      )?.message;
    expect(message('a/two')).toContain('a/one');
    expect(message('b/two')).toContain('another account');
    expect(message('b/two')).not.toContain('a/one');
  });

  it('count a resource without a timestamp as the newest', () => {
    const result = compiled([trunk('a/x', 'acme'), trunk('b/x', 'acme', { age: 0 })]);
    expect(trunkEntryOf(result, 'b/x')?.domainName).toBe('acme');
  });

  it('leave origination untouched where the domain is lost', () => {
    const result = compiled([
      trunk('a/x', 'acme'),
      trunk('b/x', 'acme'),
      resource('PhoneNumber', 'b/n', { number: '+15550100', trunkRef: { name: 'x' } }),
    ]);
    expect(trunkEntryOf(result, 'b/x')?.numbers).toEqual(['+15550100']);
  });

  describe('below another', () => {
    const account = (name: string, namespace: string, parent?: string) =>
      resource('Account', name, { namespace, ...(parent !== undefined && { parent }) });

    it('need the parent domain', () => {
      const result = compiled([trunk('a/x', 'branch.acme')]);
      expect(reasons(result, 'Trunk/a/x')).toContain('ParentDomainNotFound');
      expect(trunkEntryOf(result, 'a/x')?.domainName).toBeUndefined();
    });

    it('are fine in the same account and below the parent account', () => {
      const same = compiled([
        trunk('a/x', 'acme'),
        trunk('a/y', 'branch.acme'),
        trunk('a/z', 'desk.branch.acme'),
      ]);
      expect(trunkEntryOf(same, 'a/z')?.domainName).toBe('desk.branch.acme');
      const child = compiled([
        account('a', 'a'),
        account('b', 'b', 'a'),
        trunk('a/x', 'acme'),
        trunk('b/y', 'branch.acme'),
      ]);
      expect(trunkEntryOf(child, 'b/y')?.domainName).toBe('branch.acme');
    });

    it('are refused below a foreign domain, also below that of a child account', () => {
      const foreign = compiled([trunk('a/x', 'acme'), trunk('b/y', 'branch.acme')]);
      expect(reasons(foreign, 'Trunk/b/y')).toContain('ParentDomainForeign');
      const upwards = compiled([
        account('a', 'a'),
        account('b', 'b', 'a'),
        trunk('b/x', 'acme'),
        trunk('a/y', 'branch.acme'),
      ]);
      expect(reasons(upwards, 'Trunk/a/y')).toContain('ParentDomainForeign');
    });

    it('do not go to an older trunk that may not have them', () => {
      const result = compiled([
        trunk('a/x', 'acme'),
        trunk('b/squatter', 'branch.acme', { age: 9 }),
        trunk('a/y', 'branch.acme', { age: 1 }),
      ]);
      expect(trunkEntryOf(result, 'a/y')?.domainName).toBe('branch.acme');
    });

    it('hold their parent: it keeps the domain that it wants to give up', () => {
      const result = compiled([trunk('a/x', 'other', heldAs('acme')), trunk('a/y', 'branch.acme')]);
      expect(trunkEntryOf(result, 'a/x')?.domainName).toBe('acme');
      expect(trunkEntryOf(result, 'a/y')?.domainName).toBe('branch.acme');
      expect(conditionOf(result, 'Trunk/a/x', 'Accepted')).toBe('False DomainHasChildren');
      const alone = compiled([trunk('a/x', 'other', heldAs('acme'))]);
      expect(trunkEntryOf(alone, 'a/x')?.domainName).toBe('other');
    });

    it('of a stranger do not hold anyone', () => {
      const result = compiled([trunk('a/x', 'other', heldAs('acme')), trunk('b/y', 'branch.acme')]);
      expect(trunkEntryOf(result, 'a/x')?.domainName).toBe('other');
    });
  });
});
