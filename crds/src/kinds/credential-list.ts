// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';
import { asMap, formText, object, text } from '../schema/fields.ts';
import { columns, type KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResource } from '../schema/resource.ts';
import { count, statusOf } from '../schema/status-fields.ts';

const PasswordSecretRef = object(
  {
    name: formText('resourceName', 'Name of a Secret in the same namespace.'),
    key: formText('secretKey', 'Key in the Secret.', { default: 'password' }),
  },
  'Where the password is: at least 12 characters with a digit, an upper-case and a lower-case letter.',
);

export const CredentialListSpecSchema = Type.Object(
  {
    friendlyName: Type.Optional(text(64, "Name for people. Absent: the resource's name.")),
    credentials: Type.Array(
      object(
        {
          username: formText('username', 'User name of the digest.'),
          passwordSecretRef: PasswordSecretRef,
        },
        'One user and its password.',
      ),
      {
        description:
          'Users that may call. An entry whose password is missing or weak is left out and reported in status.',
        ...asMap(1000, ['username']),
      },
    ),
  },
  { description: 'What the list should hold.' },
);
export type CredentialListSpec = Static<typeof CredentialListSpecSchema>;

export const CredentialListStatusSchema = statusOf({
  credentials: count('How many users are in force.'),
  rejectedCredentials: Type.Optional(
    Type.Array(
      object(
        {
          username: text(32, 'User name of the entry.'),
          reason: text(64, 'Stable word: SecretNotFound, KeyNotFound, WeakPassword.'),
          message: text(1024, 'What is wrong and what to do; never the password.'),
        },
        'One entry that is left out.',
      ),
      { description: 'Entries that are left out, and why.', ...asMap(1000, ['username']) },
    ),
  ),
  trunks: count('How many trunks use the list.'),
});
export type CredentialListStatus = Static<typeof CredentialListStatusSchema>;
export type CredentialList = CustomResource<'CredentialList', CredentialListSpec, CredentialListStatus>;

export const credentialList = {
  kind: 'CredentialList',
  plural: 'credentiallists',
  singular: 'credentiallist',
  shortNames: ['credl'],
  scope: 'Namespaced',
  sidPrefix: 'CL',
  description:
    'Users that may call through a trunk by SIP digest. Passwords stay in Secrets; edges only receive hashes. Trunks name it in spec.termination.authentication.',
  spec: CredentialListSpecSchema,
  status: CredentialListStatusSchema,
  columns: columns(
    { name: 'Credentials', type: 'integer', jsonPath: '.status.credentials', description: 'Users in force.' },
    { name: 'Trunks', type: 'integer', jsonPath: '.status.trunks', description: 'Trunks that use the list.' },
  ),
} satisfies KindDefinition<'CredentialList'>;
