// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';
import { asAtomic, flag, formText, integer, object, reference, text } from '../schema/fields.ts';
import { columns, type KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResource } from '../schema/resource.ts';
import { statusOf, time } from '../schema/status-fields.ts';

export const OriginationUriSpecSchema = Type.Object(
  {
    trunkRef: reference('Trunk', 'Trunk whose incoming calls go here.'),
    sipUri: formText(
      'sipUri',
      'Where the PBX listens: sip:[user@]host[:port][;transport=udp|tcp|tls][;edge=NAME][?X-name=value]. Without a user, the dialled number is filled in. sips: is treated as transport=tls. Only X- headers can be set.',
    ),
    priority: integer({ minimum: 0, maximum: 65_535, default: 10 }, 'Lowest goes first.'),
    weight: integer(
      { minimum: 1, maximum: 65_535, default: 10 },
      'Share of the calls among URIs of the same priority: 60, 20 and 20 get 60 %, 20 % and 20 %.',
    ),
    enabled: flag(true, 'Whether calls are sent here.'),
    friendlyName: Type.Optional(text(64, "Name for people. Absent: the resource's name.")),
  },
  { description: 'What the origination URI should be.' },
);
export type OriginationUriSpec = Static<typeof OriginationUriSpecSchema>;

export const OriginationUriStatusSchema = statusOf({
  addresses: Type.Optional(
    Type.Array(
      object(
        {
          address: text(320, 'Transport, host and port: tcp/pbx.acme.example:5070.'),
          healthy: Type.Boolean({ description: 'Whether it answers. Where not, it is tried last.' }),
          lastChange: time('When healthy last changed, RFC 3339.'),
          edge: Type.Optional(text(63, 'Edge that observed this.')),
          reason: Type.Optional(text(256, 'Why the last try failed.')),
        },
        'Health of one address, as one edge sees it.',
      ),
      { description: 'Where the URI leads, and whether that answers.', ...asAtomic(256) },
    ),
  ),
});
export type OriginationUriStatus = Static<typeof OriginationUriStatusSchema>;
export type OriginationUri = CustomResource<'OriginationUri', OriginationUriSpec, OriginationUriStatus>;

export const originationUri = {
  kind: 'OriginationUri',
  plural: 'originationuris',
  singular: 'originationuri',
  shortNames: ['ouri'],
  scope: 'Namespaced',
  sidPrefix: 'OU',
  description:
    'One place to which calls to the numbers of a trunk are sent. A trunk has at most ten; they are tried by ascending priority, weighted within one priority.',
  spec: OriginationUriSpecSchema,
  status: OriginationUriStatusSchema,
  columns: columns(
    {
      name: 'Trunk',
      type: 'string',
      jsonPath: '.spec.trunkRef.name',
      description: 'Trunk that it belongs to.',
    },
    { name: 'URI', type: 'string', jsonPath: '.spec.sipUri', description: 'Where calls are sent.' },
  ),
  selectableFields: ['.spec.trunkRef.name'],
} satisfies KindDefinition<'OriginationUri'>;
