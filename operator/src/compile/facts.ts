// SPDX-License-Identifier: Apache-2.0
import type { Kind, ResourceOf } from '@trunkline/crds';
import type { Reader } from './derivations.ts';

/** Install-wide settings of a compilation. */
export interface CompileSettings {
  /** `example.com`; also the digest realm. */
  baseDomain: string;
  /** What a proxy does with a request for a domain that no trunk has. */
  unknownDomain: 'reject' | 'drop';
  /** A namespace without an Account counts as a full account (`trunkline up`); else it is reported. */
  assumeAccounts: boolean;
}

/** Names of the input cells: the only place that knows them. */
export const cells = {
  settings: 'settings',
  resource: (key: string): string => `resource ${key}`,
  listed: (term: string): string => `listed ${term}`,
  secret: (key: string): string => `secret ${key}`,
};

export function settings(read: Reader): CompileSettings {
  return read.input(cells.settings) as CompileSettings;
}

/** One resource by kind and `namespace/name` (or `name`). */
export function find<K extends Kind>(read: Reader, kind: K, key: string): ResourceOf<K> | undefined {
  return read.input(cells.resource(`${kind}/${key}`)) as ResourceOf<K> | undefined;
}

/** Keys of the resources that the index lists under a term, oldest first. */
export function listed(read: Reader, term: string): string[] {
  return (read.input(cells.listed(term)) as string[] | undefined) ?? [];
}

/** Decoded values of a Secret, by key. */
export function secret(read: Reader, key: string): Record<string, string> | undefined {
  return read.input(cells.secret(key)) as Record<string, string> | undefined;
}
