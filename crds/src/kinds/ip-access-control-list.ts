// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';
import { asMap, formText, object, text } from '../schema/fields.ts';
import { columns, type KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResource } from '../schema/resource.ts';
import { count, statusOf } from '../schema/status-fields.ts';

export const IpAccessControlListSpecSchema = Type.Object(
  {
    friendlyName: Type.Optional(text(255, "Name for people. Absent: the resource's name.")),
    addresses: Type.Array(
      object(
        {
          cidr: formText('cidr', 'IPv4 or IPv6 network; /32 or /128 for one address.'),
          friendlyName: Type.Optional(text(255, 'What calls from there, for people.')),
        },
        'One network.',
      ),
      {
        description: 'Networks from which calls are allowed. An empty list allows nobody.',
        ...asMap(100, ['cidr']),
      },
    ),
  },
  { description: 'What the list should hold.' },
);
export type IpAccessControlListSpec = Static<typeof IpAccessControlListSpecSchema>;

export const IpAccessControlListStatusSchema = statusOf({
  addresses: count('How many networks are in force.'),
  trunks: count('How many trunks use the list.'),
});
export type IpAccessControlListStatus = Static<typeof IpAccessControlListStatusSchema>;
export type IpAccessControlList = CustomResource<
  'IpAccessControlList',
  IpAccessControlListSpec,
  IpAccessControlListStatus
>;

export const ipAccessControlList = {
  kind: 'IpAccessControlList',
  plural: 'ipaccesscontrollists',
  singular: 'ipaccesscontrollist',
  shortNames: ['ipacl'],
  scope: 'Namespaced',
  sidPrefix: 'AL',
  description:
    'Source networks from which a trunk accepts calls. Trunks name it in spec.termination.authentication.',
  spec: IpAccessControlListSpecSchema,
  status: IpAccessControlListStatusSchema,
  columns: columns(
    { name: 'Addresses', type: 'integer', jsonPath: '.status.addresses', description: 'Networks in force.' },
    { name: 'Trunks', type: 'integer', jsonPath: '.status.trunks', description: 'Trunks that use the list.' },
  ),
} satisfies KindDefinition<'IpAccessControlList'>;
