// SPDX-License-Identifier: Apache-2.0
import {
  EDGE_CONFIG_VERSION,
  type CredentialHash,
  type GlobalShard,
  type RoutingShard,
  type SecretShard,
} from '@trunkline/crds';
import { seal } from '../shard/seal.ts';
import { accountEntry } from './accounts.ts';
import { carrierEntries, carrierLogin } from './carriers.ts';
import { credentials } from './credential-lists.ts';
import type { Query, Reader } from './derivations.ts';
import { edgeEntries } from './edges.ts';
import { find, listed, settings } from './facts.ts';
import { compareText, namespaceOf } from './resources.ts';
import { trunkEntry } from './trunks.ts';

export const globalShard: Query<GlobalShard> = {
  name: 'global-shard',
  compute: (_argument, read) => {
    const { baseDomain, unknownDomain } = settings(read);
    return seal<Omit<GlobalShard, 'revision'>>({
      version: EDGE_CONFIG_VERSION,
      shard: 'global',
      baseDomain,
      unknownDomain,
      carriers: read.derive(carrierEntries, ''),
      edges: read.derive(edgeEntries, ''),
    });
  },
};

/** By shard name `00`..`ff`; undefined where nothing is in it. */
export const routingShard: Query<RoutingShard | undefined> = {
  name: 'routing-shard',
  compute: (shard, read) => {
    const namespaces = namespacesIn(shard, read);
    const accounts = namespaces.flatMap((namespace) => attempt(() => read.derive(accountEntry, namespace)));
    const trunks = namespaces.flatMap((namespace) =>
      [...listed(read, `trunks-in ${namespace}`)]
        .sort(compareText)
        .flatMap((key) => attempt(() => read.derive(trunkEntry, key))),
    );
    if (accounts.length + trunks.length === 0) return undefined;
    return seal<Omit<RoutingShard, 'revision'>>({ version: EDGE_CONFIG_VERSION, shard, accounts, trunks });
  },
};

/** By shard name or `global`; undefined where nothing is in it. */
export const secretShard: Query<SecretShard | undefined> = {
  name: 'secret-shard',
  compute: (shard, read) => {
    const credentialLists = shard === 'global' ? {} : hashesIn(shard, read);
    const carriers = shard === 'global' ? logins(read) : {};
    if (Object.keys(credentialLists).length + Object.keys(carriers).length === 0) return undefined;
    return seal<Omit<SecretShard, 'revision'>>({
      version: EDGE_CONFIG_VERSION,
      shard,
      credentialLists,
      carriers,
    });
  },
};

/** Nothing where compiling fails: the resource's own status says so, and the others are not touched by it. */
function attempt<T>(compute: () => T | undefined): T[] {
  try {
    const value = compute();
    return value === undefined ? [] : [value];
  } catch {
    return [];
  }
}

function namespacesIn(shard: string, read: Reader): string[] {
  const accounts = listed(read, `accounts-in-shard ${shard}`).map(
    (name) => find(read, 'Account', name)?.spec.namespace,
  );
  const owners = listed(read, `in-shard ${shard}`).map(namespaceOf);
  const names = [...accounts, ...owners].filter((name) => name !== undefined);
  return [...new Set(names)].sort(compareText);
}

function hashesIn(shard: string, read: Reader): Record<string, CredentialHash[]> {
  const lists = namespacesIn(shard, read).flatMap((namespace) =>
    listed(read, `credential-lists-in ${namespace}`),
  );
  const found: Record<string, CredentialHash[]> = {};
  for (const key of lists.sort(compareText)) {
    const hashes = attempt(() => read.derive(credentials, key).hashes).flat();
    if (hashes.length > 0) found[key] = hashes;
  }
  return found;
}

function logins(read: Reader): SecretShard['carriers'] {
  const found: SecretShard['carriers'] = {};
  for (const name of [...listed(read, 'carriers')].sort(compareText)) {
    for (const login of attempt(() => read.derive(carrierLogin, name))) found[name] = login;
  }
  return found;
}
