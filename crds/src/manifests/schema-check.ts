// SPDX-License-Identifier: Apache-2.0
import { requiredFields, type SchemaNode } from '../schema/schema-node.ts';
import { brokenRules } from './cel-rules.ts';
import type { FieldPath } from './field-path.ts';
import type { Finding } from './finding.ts';
import { listFindings } from './list-check.ts';
import { nearest } from './nearest.ts';
import { isRecord, scalarFindings, typeFinding } from './scalar-check.ts';

/** What a walk over a value found, and the value with defaults filled in. */
export interface Checked {
  value: unknown;
  findings: Finding[];
}

/**
 * Checks a value as the API server would: unknown fields, types, limits, forms, then CEL rules where everything
 * below is sound. Fills in defaults. Never changes the value that it is given.
 */
export function checkSchema(schema: SchemaNode, value: unknown, path: FieldPath): Checked {
  const checked = checkShape(schema, value, path);
  if (checked.findings.every((finding) => finding.severity === 'warning')) {
    checked.findings.push(...brokenRules(schema, checked.value, path));
  }
  return checked;
}

function checkShape(schema: SchemaNode, value: unknown, path: FieldPath): Checked {
  const wrongType = typeFinding(schema, value, path);
  if (wrongType !== undefined) return { value, findings: [wrongType] };
  if (schema.type === undefined && schema.enum === undefined) return { value, findings: [] };
  if (isRecord(value)) return checkObject(schema, value, path);
  if (Array.isArray(value)) return checkList(schema, value, path);
  return { value, findings: scalarFindings(schema, value, path) };
}

function checkObject(schema: SchemaNode, value: Record<string, unknown>, path: FieldPath): Checked {
  const properties = schema.properties ?? {};
  const findings: Finding[] = [];
  const result: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    const childSchema = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
    const childPath = [...path, name];
    if (childSchema === undefined) findings.push(unknownField(name, Object.keys(properties), childPath));
    else if (child === null) findings.push(emptyField(childPath));
    else keep(result, name, checkSchema(childSchema, child, childPath), findings);
  }
  for (const [name, childSchema] of Object.entries(properties)) {
    if (Object.hasOwn(result, name) || childSchema.default === undefined) continue;
    keep(result, name, checkSchema(childSchema, childSchema.default, [...path, name]), findings);
  }
  findings.push(...missingFields(schema, value, path));
  return { value: result, findings };
}

function keep(result: Record<string, unknown>, name: string, child: Checked, findings: Finding[]): void {
  result[name] = child.value;
  findings.push(...child.findings);
}

function checkList(schema: SchemaNode, value: unknown[], path: FieldPath): Checked {
  const items = schema.items ?? {};
  const checked = value.map((item, index) => checkSchema(items, item, [...path, index]));
  const findings = checked.flatMap((item) => item.findings);
  return {
    value: checked.map((item) => item.value),
    findings: [...findings, ...listFindings(schema, value, path)],
  };
}

function unknownField(name: string, known: string[], path: FieldPath): Finding {
  const guess = nearest(name, known);
  const remedy =
    guess === undefined ? `Remove it; the fields here are ${known.join(', ')}` : `Did you mean ${guess}?`;
  return { path, at: 'key', message: 'is not a known field', remedy };
}

/** The API server drops a null where a field cannot be null, as if it had not been written. */
function emptyField(path: FieldPath): Finding {
  return {
    path,
    at: 'key',
    severity: 'warning',
    message: 'has no value and is ignored',
    remedy: 'Give it a value or remove the line',
  };
}

function missingFields(schema: SchemaNode, value: Record<string, unknown>, path: FieldPath): Finding[] {
  return requiredFields(schema)
    .filter((name) => !Object.hasOwn(value, name) || value[name] === null)
    .map((name) => ({
      path: [...path, name],
      at: 'key',
      message: 'is required',
      remedy: `Add it: ${schema.properties?.[name]?.description?.replace(/\.$/, '') ?? name}`,
    }));
}
