// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';
import { formText, text } from '../schema/fields.ts';
import { columns, type KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResource } from '../schema/resource.ts';
import { statusOf, time } from '../schema/status-fields.ts';

export const OutgoingCallerIdSpecSchema = Type.Object(
  {
    number: formText('e164', 'The number in E.164 form, in quotes: "+15550100". Cannot be changed.', {
      rules: [
        {
          rule: 'self == oldSelf',
          message: 'cannot be changed, because the verification belongs to the number',
          remedy: 'Delete this resource and create another',
        },
      ],
    }),
    friendlyName: Type.Optional(text(64, "Name for people. Absent: the resource's name.")),
  },
  { description: 'Which number it is.' },
);
export type OutgoingCallerIdSpec = Static<typeof OutgoingCallerIdSpecSchema>;

export const OutgoingCallerIdStatusSchema = statusOf({
  verified: Type.Optional(
    Type.Boolean({
      description:
        'Whether the account has shown that the number is its own, by a call that asks for a code or by the word of an administrator. In a directory of manifests the file says it.',
    }),
  ),
  verifiedAt: time('When it was verified, RFC 3339.'),
});
export type OutgoingCallerIdStatus = Static<typeof OutgoingCallerIdStatusSchema>;
export type OutgoingCallerId = CustomResource<
  'OutgoingCallerId',
  OutgoingCallerIdSpec,
  OutgoingCallerIdStatus
>;

export const outgoingCallerId = {
  kind: 'OutgoingCallerId',
  plural: 'outgoingcallerids',
  singular: 'outgoingcallerid',
  shortNames: ['ocid'],
  scope: 'Namespaced',
  sidPrefix: 'OC',
  description:
    'A number that is hosted elsewhere and may be shown as caller id once verified; a trial account may also call it.',
  spec: OutgoingCallerIdSpecSchema,
  status: OutgoingCallerIdStatusSchema,
  columns: columns(
    { name: 'Number', type: 'string', jsonPath: '.spec.number', description: 'The number.' },
    {
      name: 'Verified',
      type: 'boolean',
      jsonPath: '.status.verified',
      description: 'Whether it may be used.',
    },
  ),
  selectableFields: ['.spec.number'],
} satisfies KindDefinition<'OutgoingCallerId'>;
