// SPDX-License-Identifier: Apache-2.0
import { Type, type TSchema } from 'typebox';
import { KINDS, type Kind } from '../kinds/registry.ts';
import { formText } from '../schema/fields.ts';
import type { KindDefinition } from '../schema/kind-definition.ts';
import { asNode, type SchemaNode } from '../schema/schema-node.ts';

/** A map of strings, as labels and Secret data are; an empty value is a value. */
function stringMap(description: string): TSchema {
  return Type.Object({}, { description, additionalProperties: Type.String() });
}

const ignored = (type: 'object' | 'array' | 'string' | 'integer') => {
  const schemas = {
    object: Type.Object({}, { additionalProperties: {} }),
    array: Type.Array(Type.Unsafe({})),
    string: Type.String(),
    integer: Type.Integer(),
  };
  return Type.Optional(schemas[type]);
};

/** ObjectMeta: what a manifest may say, and what `kubectl get -o yaml` adds, which is accepted and ignored. */
const METADATA = Type.Object({
  name: formText('resourceName', 'Name of the resource.'),
  namespace: Type.Optional(formText('dnsLabel', 'Namespace of the resource, which is the account.')),
  labels: Type.Optional(stringMap('Labels.')),
  annotations: Type.Optional(stringMap('Annotations.')),
  generation: Type.Optional(Type.Integer({ minimum: 1 })),
  uid: ignored('string'),
  creationTimestamp: Type.Optional(Type.String({ format: 'date-time' })),
  deletionTimestamp: ignored('string'),
  deletionGracePeriodSeconds: ignored('integer'),
  resourceVersion: ignored('string'),
  selfLink: ignored('string'),
  finalizers: ignored('array'),
  ownerReferences: ignored('array'),
  managedFields: ignored('array'),
});

function envelope(parts: Record<string, TSchema>): SchemaNode {
  return asNode(
    Type.Object({ apiVersion: Type.String(), kind: Type.String(), metadata: METADATA, ...parts }),
  );
}

function ofKind({ spec, status, rules }: KindDefinition): SchemaNode {
  const node = envelope({ spec, status: Type.Optional(status) });
  return rules === undefined ? node : { ...node, rules };
}

const kindSchemas = new Map<Kind, SchemaNode>();

/** Schema of a whole manifest of the kind. */
export function manifestSchema(kind: Kind): SchemaNode {
  const known = kindSchemas.get(kind);
  if (known !== undefined) return known;
  const schema = ofKind(KINDS[kind]);
  kindSchemas.set(kind, schema);
  return schema;
}

/** Schema of a core/v1 Secret. */
export const SECRET_SCHEMA = envelope({
  type: Type.Optional(Type.String()),
  immutable: Type.Optional(Type.Boolean()),
  data: Type.Optional(stringMap('Values in base64.')),
  stringData: Type.Optional(stringMap('Values as they are.')),
});
