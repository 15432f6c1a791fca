// SPDX-License-Identifier: Apache-2.0
import { KINDS } from '../kinds/registry.ts';
import { GROUP } from '../schema/kind-definition.ts';
import { customResourceDefinitionYaml } from './custom-resource-definition.ts';
import { referencePage } from './reference-page.ts';

/** Every generated file: its path from the root of the repository, and its text. */
export function generatedFiles(): Map<string, string> {
  const kinds = Object.values(KINDS);
  const crds = kinds.map((definition): [string, string] => [
    `crds/yaml/${definition.plural}.${GROUP}.yaml`,
    customResourceDefinitionYaml(definition),
  ]);
  return new Map([...crds, ['docs/reference/resources.md', referencePage(kinds)]]);
}
