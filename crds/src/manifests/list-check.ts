// SPDX-License-Identifier: Apache-2.0
import type { SchemaNode } from '../schema/schema-node.ts';
import type { FieldPath } from './field-path.ts';
import type { Finding } from './finding.ts';
import { isRecord } from './scalar-check.ts';

/** Length of a list, and repeated entries where the list is a set or a map. */
export function listFindings(schema: SchemaNode, value: unknown[], path: FieldPath): Finding[] {
  return [...sizeFindings(schema, value, path), ...repeatedEntries(schema, value, path)];
}

function sizeFindings(
  { minItems = 0, maxItems = Infinity }: SchemaNode,
  value: unknown[],
  path: FieldPath,
): Finding[] {
  if (value.length > maxItems) {
    const message = `has ${value.length} entries, and ${maxItems} are allowed`;
    return [
      { path, at: 'key', message, remedy: `Remove ${value.length - maxItems}, or use a second resource` },
    ];
  }
  if (value.length >= minItems) return [];
  return [
    {
      path,
      at: 'key',
      message: `needs at least ${minItems} entry`,
      remedy: 'Add one, or remove the field above',
    },
  ];
}

function repeatedEntries(schema: SchemaNode, value: unknown[], path: FieldPath): Finding[] {
  const keys = identifyingKeys(schema);
  if (keys === undefined) return [];
  const seen = new Map<string, number>();
  return value.flatMap((item, index) => {
    const identity = JSON.stringify(
      keys.length === 0 ? item : keys.map((key) => (isRecord(item) ? item[key] : item)),
    );
    const first = seen.get(identity);
    if (first === undefined) {
      seen.set(identity, index);
      return [];
    }
    const shown = keys.length === 0 ? item : isRecord(item) ? item[keys[0] ?? ''] : item;
    const finding: Finding = {
      path: [...path, index, ...keys.slice(0, 1)],
      at: 'value',
      value: shown,
      message: `repeats entry [${first}]`,
      remedy: 'Remove one of the two',
    };
    return [finding];
  });
}

/** Empty: the entry itself is the identity (a set); `undefined`: entries may repeat. */
function identifyingKeys(schema: SchemaNode): string[] | undefined {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'map') return schema['x-kubernetes-list-map-keys'] ?? [];
  return type === 'set' ? [] : undefined;
}
