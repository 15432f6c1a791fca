// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';
import { choice, flag, formText, integer, reference } from '../schema/fields.ts';
import { columns, type KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResource } from '../schema/resource.ts';
import { count, statusOf } from '../schema/status-fields.ts';

export const AccountSpecSchema = Type.Object(
  {
    namespace: formText('dnsLabel', 'Namespace that is this account. Cannot be changed.', {
      rules: [
        {
          rule: 'self == oldSelf',
          message: 'cannot be changed',
          remedy: 'Delete this Account and create another for the other namespace',
        },
      ],
    }),
    type: choice(
      ['trial', 'full'],
      'A trial account may only call numbers that are verified OutgoingCallerIds.',
      'trial',
    ),
    parent: Type.Optional(
      formText(
        'resourceName',
        'Name of the parent Account, whose limits also hold and below whose domains this account may put its own.',
      ),
    ),
    suspended: flag(false, 'Refuses every call out of the account with 603.'),
    callsPerSecond: Type.Optional(
      integer(
        { minimum: 1, maximum: 100_000 },
        'New termination calls per second over all trunks, with those of child accounts. Absent: no limit.',
      ),
    ),
    rateDeckRef: Type.Optional(reference('RateDeck', 'Prices of the account. Absent: calls are not priced.')),
  },
  { description: 'What the account should be.' },
);
export type AccountSpec = Static<typeof AccountSpecSchema>;

export const AccountStatusSchema = statusOf({
  trunks: count('How many trunks the account has.'),
  phoneNumbers: count('How many phone numbers the account has.'),
});
export type AccountStatus = Static<typeof AccountStatusSchema>;
export type Account = CustomResource<'Account', AccountSpec, AccountStatus>;

export const account = {
  kind: 'Account',
  plural: 'accounts',
  singular: 'account',
  shortNames: ['tlacc'],
  scope: 'Cluster',
  sidPrefix: 'AC',
  description:
    'Makes a namespace an account and says what it may do. Cluster-scoped, so that a tenant cannot lift its own limits.',
  spec: AccountSpecSchema,
  status: AccountStatusSchema,
  rules: [
    {
      rule: '!has(self.spec.parent) || self.spec.parent != self.metadata.name',
      message: 'an account cannot be its own parent',
      remedy: 'Name another Account, or leave parent out',
      fieldPath: '.spec.parent',
    },
  ],
  columns: columns(
    {
      name: 'Namespace',
      type: 'string',
      jsonPath: '.spec.namespace',
      description: 'Namespace of the account.',
    },
    { name: 'Type', type: 'string', jsonPath: '.spec.type', description: 'trial or full.' },
  ),
  selectableFields: ['.spec.namespace', '.spec.parent'],
} satisfies KindDefinition<'Account'>;
