// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';
import { asMap, choice, formText, object } from '../schema/fields.ts';
import { columns, type KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResource } from '../schema/resource.ts';
import { count, statusOf } from '../schema/status-fields.ts';

const EXACT = 'exact decimal, in quotes';

const Rate = object(
  {
    prefix: formText('prefix', '+ and leading digits of the far number; the longest that matches wins.'),
    direction: choice(['termination', 'origination'], 'Calls to the telephone network, or from it.'),
    perMinute: formText('decimal', `Price of a minute: ${EXACT}, such as "0.0075".`),
    increment: formText('duration', 'Duration is rounded up to a multiple of this.', {
      default: '60s',
      rules: [
        {
          rule: "duration(self) >= duration('1s') && duration(self) <= duration('1h')",
          message: 'is not between 1s and 1h',
          remedy: 'Write whole seconds, such as 1s, 6s or 60s',
        },
      ],
    }),
  },
  'Price of calls to or from one prefix.',
);

export const RateDeckSpecSchema = Type.Object(
  {
    currency: formText('currency', 'ISO 4217 currency of every price.'),
    rates: Type.Array(Rate, {
      description: 'Prices of calls.',
      minItems: 1,
      ...asMap(5000, ['prefix', 'direction']),
    }),
    recording: Type.Optional(
      object(
        { perMinute: formText('decimal', `Price of a recorded minute: ${EXACT}.`) },
        'Price of recording. Absent: free.',
      ),
    ),
    cnam: Type.Optional(
      object(
        { perLookup: formText('decimal', `Price of one look-up: ${EXACT}.`) },
        'Price of CNAM. Absent: free.',
      ),
    ),
  },
  { description: 'The prices.' },
);
export type RateDeckSpec = Static<typeof RateDeckSpecSchema>;

export const RateDeckStatusSchema = statusOf({
  rates: count('How many prices are in force.'),
  accounts: count('How many accounts use it.'),
});
export type RateDeckStatus = Static<typeof RateDeckStatusSchema>;
export type RateDeck = CustomResource<'RateDeck', RateDeckSpec, RateDeckStatus>;

export const rateDeck = {
  kind: 'RateDeck',
  plural: 'ratedecks',
  singular: 'ratedeck',
  shortNames: ['rdeck'],
  scope: 'Cluster',
  sidPrefix: 'RD',
  description: 'Prices of calls, recordings and look-ups. Accounts name it in spec.rateDeckRef.',
  spec: RateDeckSpecSchema,
  status: RateDeckStatusSchema,
  columns: columns(
    { name: 'Currency', type: 'string', jsonPath: '.spec.currency', description: 'Currency of the prices.' },
    { name: 'Rates', type: 'integer', jsonPath: '.status.rates', description: 'Prices in force.' },
  ),
} satisfies KindDefinition<'RateDeck'>;
