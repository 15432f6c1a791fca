// SPDX-License-Identifier: Apache-2.0
import type { CelRule } from '../schema/rule.ts';
import { requiredFields, type SchemaNode } from '../schema/schema-node.ts';

/** Keywords that mean the same in our schemas and in a CRD, in the order in which they are written. */
const SHARED = [
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'enum',
  'default',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
] as const;

/** A schema as the API server takes it: structural, without our own options. */
export function toStructural(node: SchemaNode): Record<string, unknown> {
  const required = requiredFields(node);
  return {
    type: node.enum === undefined ? node.type : 'string',
    ...(node.description !== undefined && { description: node.description }),
    ...Object.fromEntries(SHARED.filter((key) => node[key] !== undefined).map((key) => [key, node[key]])),
    ...(required.length > 0 && { required }),
    ...(node.properties !== undefined && { properties: mapValues(node.properties, toStructural) }),
    ...(node.items !== undefined && { items: toStructural(node.items) }),
    ...(node.rules !== undefined && { 'x-kubernetes-validations': node.rules.map(toValidation) }),
  };
}

/** The API server has one text for what is wrong and what to do. */
export function toValidation({ rule, message, remedy, fieldPath }: CelRule): Record<string, string> {
  return {
    rule,
    message: `${message}: ${remedy.charAt(0).toLowerCase()}${remedy.slice(1)}`,
    ...(fieldPath !== undefined && { fieldPath }),
  };
}

function mapValues(
  record: Record<string, SchemaNode>,
  map: (node: SchemaNode) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, node]) => [key, map(node)]));
}
