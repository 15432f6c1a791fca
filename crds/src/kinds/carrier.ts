// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';
import { asAtomic, asMap, asSet, choice, flag, formText, integer, object, text } from '../schema/fields.ts';
import { columns, type KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResource } from '../schema/resource.ts';
import { statusOf, time } from '../schema/status-fields.ts';

const Gateway = object(
  {
    host: formText('host', 'Host name or IP address; IPv6 without brackets.'),
    port: Type.Optional(
      integer(
        { minimum: 1, maximum: 65_535 },
        'Port. Absent: found by DNS (RFC 3263), else 5060, or 5061 for TLS.',
      ),
    ),
    transport: choice(['udp', 'tcp', 'tls'], 'Transport of the signalling.', 'udp'),
    priority: integer({ minimum: 0, maximum: 65_535, default: 10 }, 'Lowest goes first.'),
    weight: integer(
      { minimum: 1, maximum: 65_535, default: 10 },
      'Share of the calls among gateways of the same priority.',
    ),
    enabled: flag(true, 'Whether calls are sent there.'),
  },
  'One address that takes calls.',
);

const Inbound = object(
  {
    sources: Type.Array(object({ cidr: formText('cidr', 'IPv4 or IPv6 network.') }, 'One network.'), {
      description: 'Networks whose INVITEs are calls from the telephone network. Trust is by address alone.',
      minItems: 1,
      ...asMap(256, ['cidr']),
    }),
  },
  'Where calls from the carrier come from. Absent: it sends none.',
);

const CredentialsSecretRef = object(
  {
    name: formText(
      'resourceName',
      'Name of a Secret with the keys username and password (type kubernetes.io/basic-auth).',
    ),
    namespace: formText('dnsLabel', 'Namespace of the Secret.', { default: 'trunkline-system' }),
  },
  'Digest credentials for calls to the carrier. Absent: the carrier knows us by address.',
);

export const CarrierSpecSchema = Type.Object(
  {
    gateways: Type.Array(Gateway, {
      description:
        'Addresses that take calls to the telephone network, by ascending priority, weighted within one priority.',
      default: [],
      ...asAtomic(64),
    }),
    prefixes: Type.Array(formText('prefix', '+ and leading digits; "+" alone means every number.'), {
      description:
        'Number prefixes that the carrier serves. The longest that matches wins, over all carriers.',
      default: [],
      ...asSet(1000),
    }),
    inbound: Type.Optional(Inbound),
    credentialsSecretRef: Type.Optional(CredentialsSecretRef),
    codecs: Type.Array(choice(['PCMU', 'PCMA'], 'Codec by its RTP name.'), {
      description: 'Codecs offered to the carrier, in this order. Empty: as the PBX offers them.',
      default: [],
      ...asSet(8),
    }),
  },
  {
    description: 'What the carrier is.',
    rules: [
      {
        rule: 'size(self.prefixes) == 0 || size(self.gateways) > 0',
        message: 'has prefixes and no gateway to send their calls to',
        remedy: 'Add a gateway, or remove the prefixes of a carrier that only sends calls',
        fieldPath: '.gateways',
      },
      {
        rule: 'size(self.gateways) == 0 || size(self.prefixes) > 0',
        message: 'has gateways and no prefix, so that no call would go there',
        remedy: 'Add prefixes: ["+"] for every number',
        fieldPath: '.prefixes',
      },
    ],
  },
);
export type CarrierSpec = Static<typeof CarrierSpecSchema>;

export const CarrierStatusSchema = statusOf({
  gateways: Type.Optional(
    Type.Array(
      object(
        {
          address: text(320, 'Transport, host and port: udp/192.0.2.10:5060.'),
          healthy: Type.Boolean({ description: 'Whether it answers. Where not, it is tried last.' }),
          lastChange: time('When healthy last changed, RFC 3339.'),
          edge: Type.Optional(text(63, 'Edge that observed this.')),
          reason: Type.Optional(text(256, 'Why the last try failed.')),
        },
        'Health of one gateway, as one edge sees it.',
      ),
      { description: 'Each gateway, and its health.', ...asAtomic(256) },
    ),
  ),
});
export type CarrierStatus = Static<typeof CarrierStatusSchema>;
export type Carrier = CustomResource<'Carrier', CarrierSpec, CarrierStatus>;

export const carrier = {
  kind: 'Carrier',
  plural: 'carriers',
  singular: 'carrier',
  shortNames: ['carr'],
  scope: 'Cluster',
  sidPrefix: 'CR',
  description:
    'A way to and from the telephone network: where calls are sent, and from where calls are believed.',
  spec: CarrierSpecSchema,
  status: CarrierStatusSchema,
  columns: columns(
    { name: 'Prefixes', type: 'string', jsonPath: '.spec.prefixes', description: 'Prefixes that it serves.' },
    {
      name: 'Gateways',
      type: 'string',
      jsonPath: '.spec.gateways[*].host',
      description: 'Hosts that take calls.',
    },
  ),
} satisfies KindDefinition<'Carrier'>;
