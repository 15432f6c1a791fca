// SPDX-License-Identifier: Apache-2.0
import { KINDS } from '../kinds/registry.ts';
import { GROUP } from '../schema/kind-definition.ts';
import { chartTemplate } from './chart-template.ts';
import { customResourceDefinitionYaml } from './custom-resource-definition.ts';
import { referencePage } from './reference-page.ts';

/** Where each CRD is written: as it is, and as a template of the chart. No other file is there. */
export const CRD_DIRECTORIES = ['crds/yaml', 'charts/trunkline/templates/crds'] as const;

/** Every generated file: its path from the root of the repository, and its text. */
export function generatedFiles(): Map<string, string> {
  const kinds = Object.values(KINDS);
  const [plain, chart] = CRD_DIRECTORIES;
  const crds = kinds.flatMap((definition): [string, string][] => {
    const file = `${definition.plural}.${GROUP}.yaml`;
    const yaml = customResourceDefinitionYaml(definition);
    return [
      [`${plain}/${file}`, yaml],
      [`${chart}/${file}`, chartTemplate(yaml)],
    ];
  });
  return new Map([...crds, ['docs/reference/resources.md', referencePage(kinds)]]);
}
