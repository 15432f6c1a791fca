// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';
import { asAtomic, asSet, choice, formText, integer, object, section, text } from '../schema/fields.ts';
import { columns, type KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResource } from '../schema/resource.ts';
import { count, statusOf } from '../schema/status-fields.ts';

const portOf = (transport: string, port: number) =>
  integer({ minimum: 1, maximum: 65_535, default: port }, `Port for SIP over ${transport}.`);

const Signalling = object(
  {
    addresses: Type.Array(formText('ip', 'A public IPv4 or IPv6 address.'), {
      description: 'Addresses that DNS names of the edge point to, and from which calls to PBXs come.',
      minItems: 1,
      ...asSet(16),
    }),
    ports: section(
      { udp: portOf('UDP', 5060), tcp: portOf('TCP', 5060), tls: portOf('TLS', 5061) },
      'Ports of SIP.',
    ),
  },
  'Where SIP is spoken.',
);

const Media = object(
  {
    cidrs: Type.Array(formText('cidr', 'IPv4 or IPv6 network.'), {
      description: 'Networks of the media addresses, for the firewalls of customers.',
      minItems: 1,
      ...asSet(32),
    }),
    portRange: Type.Object(
      {
        min: integer({ minimum: 1024, maximum: 65_535, default: 10_000 }, 'Lowest UDP port of media.'),
        max: integer({ minimum: 1024, maximum: 65_535, default: 60_000 }, 'Highest UDP port of media.'),
      },
      {
        description: 'UDP ports of media.',
        // Written out, because the API server evaluates the rule below on the default as it stands here.
        default: { min: 10_000, max: 60_000 },
        rules: [
          {
            rule: 'self.min < self.max',
            message: 'has min not below max',
            remedy: 'Exchange them; a call needs up to four ports',
            fieldPath: '.max',
          },
        ],
      },
    ),
  },
  'Where media comes from and goes to.',
);

export const EdgeSpecSchema = Type.Object(
  {
    legacyRegion: Type.Optional(
      formText(
        'dnsLabel',
        'Short name such as us1 that also names the edge, in domains and in region= of origination URIs.',
      ),
    ),
    location: Type.Optional(text(64, 'Where it is, for people.')),
    signalling: Signalling,
    media: Type.Optional(Media),
    handoff: Type.Optional(
      formText('hostPort', 'Address at which other edges hand over calls that must leave from here.'),
    ),
  },
  { description: 'What the edge is.' },
);
export type EdgeSpec = Static<typeof EdgeSpecSchema>;

export const EdgeStatusSchema = statusOf({
  replicas: count('How many proxies are alive.'),
  programmedRevision: Type.Optional(
    text(128, 'Revision of the configuration that every live proxy has applied.'),
  ),
  dnsRecords: Type.Optional(
    Type.Array(
      object(
        {
          name: text(253, 'Name of the record.'),
          type: choice(['A', 'AAAA', 'NAPTR', 'SRV'], 'Type of the record.'),
          ttl: Type.Integer({ description: 'Seconds that it may be cached.', minimum: 0, format: 'int32' }),
          targets: Type.Array(text(512, 'One value.'), {
            description: 'Values of the record.',
            ...asAtomic(32),
          }),
        },
        'One DNS record.',
      ),
      { description: 'Records that DNS should have for the edge.', ...asAtomic(64) },
    ),
  ),
});
export type EdgeStatus = Static<typeof EdgeStatusSchema>;
export type Edge = CustomResource<'Edge', EdgeSpec, EdgeStatus>;

export const edge = {
  kind: 'Edge',
  plural: 'edges',
  singular: 'edge',
  shortNames: ['tledge'],
  scope: 'Cluster',
  sidPrefix: 'ED',
  description:
    'One region in which calls are taken: its addresses, its ports, and its name in termination domains.',
  spec: EdgeSpecSchema,
  status: EdgeStatusSchema,
  rules: [
    {
      rule: "self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$') && self.metadata.name != 'pstn'",
      message: 'the name of an Edge is one label of a domain, and not pstn',
      remedy: 'Rename it to a-z, 0-9 and inner hyphens, such as ashburn',
    },
  ],
  columns: columns(
    { name: 'Location', type: 'string', jsonPath: '.spec.location', description: 'Where it is.' },
    {
      name: 'Replicas',
      type: 'integer',
      jsonPath: '.status.replicas',
      description: 'Proxies that are alive.',
    },
  ),
} satisfies KindDefinition<'Edge'>;
