// SPDX-License-Identifier: Apache-2.0
import type { TSchema } from 'typebox';
import type { FormName } from './forms.ts';
import type { CelRule } from './rule.ts';

/** A TypeBox schema as plain JSON Schema with our options: what the generator and the manifest loader walk over. */
export interface SchemaNode {
  type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  description?: string;
  default?: unknown;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  additionalProperties?: SchemaNode;
  items?: SchemaNode;
  enum?: string[];
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  form?: FormName;
  rules?: CelRule[];
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
}

/** Our schemas use nothing beyond `SchemaNode`; a test walks all kinds to keep that true. */
export function asNode(schema: TSchema): SchemaNode {
  return schema;
}

/** Fields that the person who writes the manifest must give: required, and without a default. */
export function requiredFields(node: SchemaNode): string[] {
  return (node.required ?? []).filter((name) => node.properties?.[name]?.default === undefined);
}
