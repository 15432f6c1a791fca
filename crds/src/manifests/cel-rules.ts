// SPDX-License-Identifier: Apache-2.0
import { Environment } from '@marcbachmann/cel-js';
import { isStrictAddress, isStrictCidr } from '../schema/form-checks.ts';
import { isTransitionRule, type CelRule } from '../schema/rule.ts';
import type { SchemaNode } from '../schema/schema-node.ts';
import type { FieldPath } from './field-path.ts';
import type { Finding } from './finding.ts';
import { isRecord } from './scalar-check.ts';

/** CEL with the functions of Kubernetes' libraries that our rules use. */
const environment = new Environment({ enableOptionalTypes: true })
  .registerVariable('self', 'dyn')
  .registerFunction('isIP(string): bool', (text: string) => isStrictAddress(text))
  .registerFunction('isCIDR(string): bool', (text: string) => isStrictCidr(text))
  .registerFunction('isURL(string): bool', (text: string) => URL.canParse(text));

type Program = (context: { self: unknown }) => unknown;

const programs = new Map<string, Program>();

function programOf(rule: string): Program {
  const known = programs.get(rule);
  if (known !== undefined) return known;
  const program = environment.parse(rule);
  programs.set(rule, program);
  return program;
}

/** True where the rule holds; a rule that cannot be evaluated does not hold, as on the API server. */
export function ruleHolds(rule: string, schema: SchemaNode, value: unknown): boolean {
  const program = programOf(rule);
  try {
    return program({ self: toCel(schema, value) }) === true;
  } catch {
    return false;
  }
}

/** Findings for the rules of this node that do not hold. Rules over `oldSelf` are the API server's alone. */
export function brokenRules(schema: SchemaNode, value: unknown, path: FieldPath): Finding[] {
  const rules = (schema.rules ?? []).filter((rule) => !isTransitionRule(rule));
  return rules
    .filter((rule) => !ruleHolds(rule.rule, schema, value))
    .map((rule) => toFinding(rule, value, path));
}

function toFinding(rule: CelRule, value: unknown, path: FieldPath): Finding {
  const steps = (rule.fieldPath ?? '').split('.').filter((step) => step !== '');
  const target = steps.reduce((at: unknown, step) => (isRecord(at) ? at[step] : undefined), value);
  const shown = isRecord(target) || Array.isArray(target) || target === undefined ? {} : { value: target };
  return { path: [...path, ...steps], at: 'value', message: rule.message, remedy: rule.remedy, ...shown };
}

/** CEL's int is 64 bits wide and apart from double: whole numbers go in as bigint, by the schema's word. */
function toCel(schema: SchemaNode, value: unknown): unknown {
  if (schema.type === 'integer' && typeof value === 'number') return BigInt(value);
  if (Array.isArray(value)) return value.map((item) => toCel(schema.items ?? {}, item));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [name, toCel(schema.properties?.[name] ?? {}, child)]),
  );
}
