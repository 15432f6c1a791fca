// SPDX-License-Identifier: Apache-2.0
import { FORMS, type Form } from '../schema/forms.ts';
import type { SchemaNode } from '../schema/schema-node.ts';
import type { FieldPath } from './field-path.ts';
import type { Finding } from './finding.ts';
import { nearest } from './nearest.ts';

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const TYPE_NAMES = {
  object: 'an object (key: value)',
  array: 'a list',
  string: 'a string',
  integer: 'a whole number',
  boolean: 'true or false',
};

type TypeName = keyof typeof TYPE_NAMES;

const IS_TYPE: Record<TypeName, (value: unknown) => boolean> = {
  object: isRecord,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
};

/** The type that a schema asks for; an enum of ours is always one of strings. */
function typeOf(schema: SchemaNode): TypeName | undefined {
  return schema.type ?? (schema.enum === undefined ? undefined : 'string');
}

/** A finding where the value is of another type than the schema's. */
export function typeFinding(schema: SchemaNode, value: unknown, path: FieldPath): Finding | undefined {
  const type = typeOf(schema);
  if (type === undefined || IS_TYPE[type](value)) return undefined;
  return {
    path,
    at: 'value',
    value,
    message: `must be ${TYPE_NAMES[type]}`,
    remedy: typeRemedy(type, value),
  };
}

function typeRemedy(type: TypeName, value: unknown): string {
  if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    return 'Put it in quotes: YAML reads it as a number or a truth value otherwise';
  }
  if (type === 'integer' && typeof value === 'string' && /^-?\d+$/.test(value))
    return `Remove the quotes: ${value}`;
  if (type === 'array')
    return 'Write each entry on a line of its own after "- ", or all of them in [brackets]';
  if (type === 'object') return 'Write its fields as key: value, indented below it';
  return `Write ${TYPE_NAMES[type]}`;
}

/** Enums, ranges, lengths and forms of a value whose type is right. */
export function scalarFindings(schema: SchemaNode, value: unknown, path: FieldPath): Finding[] {
  const found = typeof value === 'string' ? stringFinding(schema, value) : rangeFinding(schema, value);
  return found === undefined ? [] : [{ path, at: 'value', value, ...found }];
}

type Found = Pick<Finding, 'message' | 'remedy' | 'severity'>;

function rangeFinding(schema: SchemaNode, value: unknown): Found | undefined {
  if (typeof value !== 'number') return undefined;
  const { minimum = -Infinity, maximum = Infinity } = schema;
  if (value >= minimum && value <= maximum) return undefined;
  const range = maximum === Infinity ? `at least ${minimum}` : `from ${minimum} to ${maximum}`;
  return { message: 'is out of range', remedy: `Write a number ${range}` };
}

function stringFinding(schema: SchemaNode, value: string): Found | undefined {
  return enumFinding(schema, value) ?? lengthFinding(schema, value) ?? formFinding(schema, value);
}

function enumFinding(schema: SchemaNode, value: string): Found | undefined {
  if (schema.enum === undefined || schema.enum.includes(value)) return undefined;
  const guess = nearest(value, schema.enum);
  const choices = schema.enum.join(', ');
  return {
    message: 'is not one of the allowed words',
    remedy: guess === undefined ? `Write one of ${choices}` : `Did you mean ${guess}? Allowed are ${choices}`,
  };
}

function lengthFinding(
  { minLength = 0, maxLength = Infinity }: SchemaNode,
  value: string,
): Found | undefined {
  // Code points, not UTF-16 units: what the API server counts.
  const length = Array.from(value).length;
  if (length > maxLength) {
    return {
      message: `is longer than ${maxLength} characters`,
      remedy: `Shorten it by ${length - maxLength}`,
    };
  }
  if (length >= minLength) return undefined;
  return value === ''
    ? { message: 'is empty', remedy: 'Give it a value or remove the line' }
    : { message: `is shorter than ${minLength} characters`, remedy: 'Lengthen it' };
}

function formFinding(schema: SchemaNode, value: string): Found | undefined {
  if (schema.form !== undefined) {
    const form: Form = FORMS[schema.form];
    return form.check(value);
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
    return { message: 'has characters that are not allowed', remedy: `It must match ${schema.pattern}` };
  }
  if (schema.format === 'date-time' && Number.isNaN(Date.parse(value))) {
    return { message: 'is not a time', remedy: 'Write RFC 3339, such as 2026-01-31T12:00:00Z' };
  }
  return undefined;
}
