// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Json = Record<string, unknown>;

interface Definition extends Json {
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

const DEFINITIONS = 'definitions.json';
/** Variables of kubeconform; for kinds of the core group it has `v1` as the group, too. */
const FILE = '{{ .Group }}_{{ .ResourceAPIVersion }}_{{ .ResourceKind }}.json';

/**
 * Writes what an API server publishes (`/openapi/v2`) as JSON schemas for kubeconform, one file for each kind, so that it needs
 * neither a network nor another version's schemas. Gives its `-schema-location`.
 */
export function writeSchemas(openApi: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tl-schemas-'));
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const { definitions } = JSON.parse(openApi) as { definitions: Record<string, Definition> };
  writeFileSync(
    join(folder, DEFINITIONS),
    JSON.stringify({ definitions: strict(definitions, 'definitions') }),
  );
  for (const [name, definition] of Object.entries(definitions)) {
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
      writeFileSync(
        join(folder, `${group || version}_${version}_${kind.toLowerCase()}.json`),
        JSON.stringify({ $ref: `file://${join(folder, DEFINITIONS)}#/definitions/${name}` }),
      );
    }
  }
  return join(folder, FILE);
}

/** Maps by name, whose entries are no keywords of JSON schema. */
const NAMED = ['definitions', 'properties'];

/** The same schema without room for unknown fields; a number or a string is what its format says. */
function strict(node: unknown, key: string): unknown {
  if (Array.isArray(node)) return node.map((item) => strict(item, key));
  if (node === null || typeof node !== 'object') return node;
  const entries = Object.entries(node as Json).map(([name, value]) => [name, strict(value, name)]);
  const copy = Object.fromEntries(entries) as Json;
  if (NAMED.includes(key)) return copy;
  if (copy['format'] === 'int-or-string') return { oneOf: [{ type: 'string' }, { type: 'integer' }] };
  const open =
    copy['additionalProperties'] !== undefined || copy['x-kubernetes-preserve-unknown-fields'] === true;
  return copy['properties'] === undefined || open ? copy : { ...copy, additionalProperties: false };
}
