// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';
import { formText, object, reference, text } from '../schema/fields.ts';
import { columns, type KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResource } from '../schema/resource.ts';
import { statusOf } from '../schema/status-fields.ts';

const Match = object(
  {
    pattern: Type.Optional(
      formText(
        'numberPattern',
        'Digits, with * for any one digit; matched from the start of the number: "+1555".',
      ),
    ),
    country: Type.Optional(formText('country', 'ISO 3166-1 country of the number.')),
  },
  'Claims one free number from the NumberPools. Either this or number.',
  [
    {
      rule: 'has(self.pattern) || has(self.country)',
      message: 'has neither pattern nor country',
      remedy: 'Set at least one of them',
    },
  ],
);

export const PhoneNumberSpecSchema = Type.Object(
  {
    number: Type.Optional(
      formText('e164', 'The number in E.164 form, in quotes: "+15550100". Either this or match.'),
    ),
    match: Type.Optional(Match),
    trunkRef: Type.Optional(
      reference(
        'Trunk',
        'Trunk that gets calls to the number. Absent: the number is kept, and calls to it are refused.',
      ),
    ),
    friendlyName: Type.Optional(text(64, "Name for people. Absent: the resource's name.")),
  },
  {
    description: 'Which number it is and where calls to it go.',
    rules: [
      {
        rule: 'has(self.number) != has(self.match)',
        message: 'needs exactly one of number and match',
        remedy: 'Set number for a number that you have, or match to claim one from a pool',
      },
    ],
  },
);
export type PhoneNumberSpec = Static<typeof PhoneNumberSpecSchema>;

export const PhoneNumberStatusSchema = statusOf({
  number: Type.Optional(text(16, 'The number, in E.164 form.')),
  pool: Type.Optional(text(253, 'NumberPool that it comes from.')),
  trunk: Type.Optional(text(253, 'Trunk that gets its calls.')),
});
export type PhoneNumberStatus = Static<typeof PhoneNumberStatusSchema>;
export type PhoneNumber = CustomResource<'PhoneNumber', PhoneNumberSpec, PhoneNumberStatus>;

export const phoneNumber = {
  kind: 'PhoneNumber',
  plural: 'phonenumbers',
  singular: 'phonenumber',
  shortNames: ['pn'],
  scope: 'Namespaced',
  sidPrefix: 'PN',
  description:
    'A telephone number of the account: calls to it go to its trunk, and the account may use it as caller id. Deleting it gives it back to its pool.',
  spec: PhoneNumberSpecSchema,
  status: PhoneNumberStatusSchema,
  columns: columns(
    { name: 'Number', type: 'string', jsonPath: '.status.number', description: 'The number.' },
    {
      name: 'Trunk',
      type: 'string',
      jsonPath: '.spec.trunkRef.name',
      description: 'Trunk that gets its calls.',
    },
  ),
  selectableFields: ['.spec.number', '.spec.trunkRef.name'],
} satisfies KindDefinition<'PhoneNumber'>;
