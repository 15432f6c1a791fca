// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { CredentialHash, CredentialList } from '@trunkline/crds';
import { missingAccount } from './accounts.ts';
import type { Query, Reader } from './derivations.ts';
import { find, listed, secret, settings } from './facts.ts';
import { refused, unresolved, type Issue } from './issue.ts';
import type { Outcome } from './outcome.ts';
import { namespaceOf } from './resources.ts';

type Credential = CredentialList['spec']['credentials'][number];

interface Rejected {
  username: string;
  reason: string;
  message: string;
}

/** By CredentialList key: hashes of the entries that are good, and what is wrong with the others. */
export const credentials: Query<{ hashes: CredentialHash[]; issues: Issue[]; rejected: Rejected[] }> = {
  name: 'credentials',
  compute: (key, read) => {
    const list = find(read, 'CredentialList', key);
    const hashes = new Map<string, CredentialHash>();
    const issues: Issue[] = [];
    const rejected: Rejected[] = [];
    for (const [position, credential] of (list?.spec.credentials ?? []).entries()) {
      const { username } = credential;
      const found = hashes.has(username) ? twice(username) : password(credential, namespaceOf(key), read);
      if (typeof found === 'string') {
        hashes.set(username, hash(username, settings(read).baseDomain, found));
        continue;
      }
      issues.push({ ...found, field: `spec.credentials[${position}].${found.field}` });
      rejected.push({ username, reason: found.reason, message: `${found.message} ${found.remedy}` });
    }
    return { hashes: [...hashes.values()], issues, rejected };
  },
};

export const credentialListOutcome: Query<Outcome> = {
  name: 'credential-list-outcome',
  compute: (key, read) => {
    if (!find(read, 'CredentialList', key)) return { issues: [] };
    const { hashes, issues, rejected } = read.derive(credentials, key);
    return {
      issues: [...issues, ...missingAccount(namespaceOf(key), read)],
      details: {
        credentials: hashes.length,
        trunks: listed(read, `uses-credential-list ${key}`).length,
        ...(rejected.length > 0 && { rejectedCredentials: rejected }),
      },
    };
  },
};

/** H(A1) of RFC 7616 §3.4.2; the realm is the base domain. */
function hash(username: string, realm: string, password: string): CredentialHash {
  const a1 = `${username}:${realm}:${password}`;
  const digest = (algorithm: string): string => createHash(algorithm).update(a1).digest('hex');
  return { username, ha1Md5: digest('md5'), ha1Sha256: digest('sha256') };
}

function password(credential: Credential, namespace: string, read: Reader): string | Issue {
  const { name, key } = credential.passwordSecretRef;
  const data = secret(read, `${namespace}/${name}`);
  const missing = { field: 'passwordSecretRef', message: `${credential.username} is left out: ` };
  if (!data) {
    return unresolved({
      ...missing,
      reason: 'SecretNotFound',
      message: `${missing.message}there is no Secret ${name} in namespace ${namespace}.`,
      remedy: `Create Secret ${name} with the key ${key}.`,
    });
  }
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  if (value === undefined) {
    return unresolved({
      ...missing,
      reason: 'KeyNotFound',
      message: `${missing.message}Secret ${name} has no key ${key}.`,
      remedy: `Add the key ${key} to Secret ${name}, or correct passwordSecretRef.key.`,
    });
  }
  return weakness(credential.username, value) ?? value;
}

function weakness(username: string, value: string): Issue | undefined {
  const flaws = [
    [value.length < 12, 'is shorter than 12 characters'],
    [!/\d/.test(value), 'has no digit'],
    [!/\p{Ll}/u.test(value), 'has no lower-case letter'],
    [!/\p{Lu}/u.test(value), 'has no upper-case letter'],
    [/[\r\n]/.test(value), 'contains a line break'],
  ].flatMap(([flawed, text]) => (flawed === true ? [text] : []));
  if (flaws.length === 0) return undefined;
  return refused({
    field: 'passwordSecretRef',
    reason: 'WeakPassword',
    message: `${username} is left out: its password ${flaws.join(', ')}.`,
    remedy: 'Set a password of at least 12 characters with a digit, a lower-case and an upper-case letter.',
  });
}

function twice(username: string): Issue {
  return refused({
    field: 'username',
    reason: 'UsernameTwice',
    message: `${username} is in the list twice; the first entry counts.`,
    remedy: 'Remove one of the two entries.',
  });
}
