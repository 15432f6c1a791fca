// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { KINDS } from '../kinds/registry.ts';
import { isTransitionRule } from '../schema/rule.ts';
import { asNode, type SchemaNode } from '../schema/schema-node.ts';
import { brokenRules, ruleHolds } from './cel-rules.ts';

function rulesBelow(node: SchemaNode): string[] {
  const children = [
    ...Object.values(node.properties ?? {}),
    ...(node.items === undefined ? [] : [node.items]),
  ];
  return [...(node.rules ?? []).map(({ rule }) => rule), ...children.flatMap(rulesBelow)];
}

describe('CEL rules', () => {
  it('can all be read', () => {
    const rules = Object.values(KINDS).flatMap((kind) => [
      ...rulesBelow(asNode(kind.spec)),
      ...(kind.rules ?? []).map(({ rule }) => rule),
    ]);
    expect(rules.length).toBeGreaterThan(20);
    for (const rule of rules) ruleHolds(rule, {}, {});
  });

  it('compare whole numbers as CEL ints', () => {
    const schema: SchemaNode = {
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'array', items: { type: 'integer' } } },
    };
    expect(ruleHolds('self.a + 1 == 3 && self.b[0] == 4', schema, { a: 2, b: [4] })).toBe(true);
    expect(ruleHolds('self.a + 1 == 4', schema, { a: 2, b: [] })).toBe(false);
  });

  it('do not hold where they cannot be evaluated', () => {
    expect(ruleHolds('self.missing == 1', {}, {})).toBe(false);
  });

  it('point at the field that they name', () => {
    const rules = [{ rule: 'self.to == 1', message: 'is wrong', remedy: 'Write 1', fieldPath: '.to' }];
    const schema: SchemaNode = { type: 'object', properties: { to: { type: 'integer' } }, rules };
    expect(brokenRules(schema, { to: 1 }, ['spec'])).toEqual([]);
    expect(brokenRules(schema, { to: 2 }, ['spec'])).toEqual([
      { path: ['spec', 'to'], at: 'value', value: 2, message: 'is wrong', remedy: 'Write 1' },
    ]);
  });

  it('over oldSelf are left to the API server', () => {
    const rule = { rule: 'self == oldSelf', message: 'cannot be changed', remedy: 'Delete it' };
    expect(isTransitionRule(rule)).toBe(true);
    expect(brokenRules({ type: 'string', rules: [rule] }, 'x', [])).toEqual([]);
  });
});
