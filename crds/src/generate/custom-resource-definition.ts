// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import { CATEGORY, GROUP, VERSION, type KindDefinition } from '../schema/kind-definition.ts';
import { asNode } from '../schema/schema-node.ts';
import { toStructural, toValidation } from './structural-schema.ts';

const API_VERSION_TEXT = 'Version of the schema of this object: trunkline.dev/v1alpha1.';
const KIND_TEXT = 'Kind of the object, in CamelCase.';

/** The CustomResourceDefinition of a kind. */
export function customResourceDefinition(definition: KindDefinition) {
  const { kind, plural, singular, shortNames, scope } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: [CATEGORY] },
      scope,
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: definition.columns,
          ...(definition.selectableFields && {
            selectableFields: definition.selectableFields.map((jsonPath) => ({ jsonPath })),
          }),
          schema: { openAPIV3Schema: rootSchema(definition) },
        },
      ],
    },
  };
}

function rootSchema({ description, spec, status, rules }: KindDefinition): Record<string, unknown> {
  const specNode = asNode(spec);
  return {
    type: 'object',
    description,
    ...(specNode.default === undefined && { required: ['spec'] }),
    properties: {
      apiVersion: { type: 'string', description: API_VERSION_TEXT },
      kind: { type: 'string', description: KIND_TEXT },
      // The API server has its own schema for metadata, with its own descriptions, and refuses another.
      metadata: { type: 'object' },
      spec: toStructural(specNode),
      // Without it kstatus takes a resource that the operator has not seen yet for finished.
      status: { ...toStructural(asNode(status)), default: { observedGeneration: -1 } },
    },
    ...(rules !== undefined && { 'x-kubernetes-validations': rules.map(toValidation) }),
  };
}

/** The committed text of a CRD. */
export function customResourceDefinitionYaml(definition: KindDefinition): string {
  const header =
    '# SPDX-License-Identifier: Apache-2.0\n# Generated from crds/src/kinds by `make generate`.\n';
  return (
    header + stringify(customResourceDefinition(definition), { lineWidth: 120, aliasDuplicateObjects: false })
  );
}
