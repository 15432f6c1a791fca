// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';
import { asAtomic, asSet, formText, object, reference } from '../schema/fields.ts';
import { columns, type KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResource } from '../schema/resource.ts';
import { count, statusOf } from '../schema/status-fields.ts';

const Range = object(
  {
    from: formText('e164', 'First number, in E.164 form.'),
    to: formText('e164', 'Last number, of the same length.'),
  },
  'All numbers from the first to the last.',
  [
    {
      rule: 'size(self.from) == size(self.to)',
      message: 'has ends of different lengths',
      remedy: 'Write both ends with the same number of digits',
      fieldPath: '.to',
    },
    {
      rule: 'size(self.from) != size(self.to) || self.from <= self.to',
      message: 'ends before it begins',
      remedy: 'Exchange from and to',
      fieldPath: '.to',
    },
  ],
);

export const NumberPoolSpecSchema = Type.Object(
  {
    carrierRef: reference('Carrier', 'Carrier that delivers calls to the numbers.'),
    numbers: Type.Array(formText('e164', 'A number in E.164 form.'), {
      description: 'Numbers, one by one.',
      default: [],
      ...asSet(10_000),
    }),
    ranges: Type.Array(Range, { description: 'Numbers by ranges.', default: [], ...asAtomic(100) }),
    country: Type.Optional(formText('country', 'ISO 3166-1 country of the numbers.')),
    monthlyPrice: Type.Optional(
      formText(
        'decimal',
        'Price of one number for one month, in the currency of the rate deck of the account: "1.15".',
      ),
    ),
  },
  {
    description: 'Which numbers there are.',
    rules: [
      {
        rule: 'size(self.numbers) > 0 || size(self.ranges) > 0',
        message: 'holds no number',
        remedy: 'Add numbers or ranges',
      },
    ],
  },
);
export type NumberPoolSpec = Static<typeof NumberPoolSpecSchema>;

export const NumberPoolStatusSchema = statusOf({
  size: count('How many numbers the pool has.'),
  claimed: count('How many of them are claimed by PhoneNumbers.'),
});
export type NumberPoolStatus = Static<typeof NumberPoolStatusSchema>;
export type NumberPool = CustomResource<'NumberPool', NumberPoolSpec, NumberPoolStatus>;

export const numberPool = {
  kind: 'NumberPool',
  plural: 'numberpools',
  singular: 'numberpool',
  shortNames: ['npool'],
  scope: 'Cluster',
  sidPrefix: 'NP',
  description: 'Numbers of a carrier that accounts can claim with a PhoneNumber.',
  spec: NumberPoolSpecSchema,
  status: NumberPoolStatusSchema,
  columns: columns(
    { name: 'Size', type: 'integer', jsonPath: '.status.size', description: 'Numbers in the pool.' },
    { name: 'Claimed', type: 'integer', jsonPath: '.status.claimed', description: 'Numbers that are taken.' },
  ),
  selectableFields: ['.spec.carrierRef.name'],
} satisfies KindDefinition<'NumberPool'>;
