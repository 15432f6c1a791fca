// SPDX-License-Identifier: Apache-2.0
import type { Account, AccountEntry } from '@trunkline/crds';
import type { Query, Reader } from './derivations.ts';
import { find, listed, settings } from './facts.ts';
import { refused, unresolved, warning, type Issue } from './issue.ts';
import type { Outcome } from './outcome.ts';
import { sidOf } from './resources.ts';
import { callerIdsOf } from './outgoing-caller-ids.ts';
import { numbersIn } from './phone-numbers.ts';

/** The account that owns a namespace, without its numbers. */
export type AccountFacts = Omit<AccountEntry, 'numbers' | 'verifiedCallerIds'>;

/** By namespace: its oldest Account; else a full one where settings say so; else undefined. */
export const accountOf: Query<AccountFacts | undefined> = {
  name: 'account-of',
  compute: (namespace, read) => {
    const [oldest] = listed(read, `account-of ${namespace}`);
    const account = oldest === undefined ? undefined : find(read, 'Account', oldest);
    if (account) return factsOf(account, read);
    return settings(read).assumeAccounts ? assumed(namespace) : undefined;
  },
};

/** By namespace: its entry in the shard. */
export const accountEntry: Query<AccountEntry | undefined> = {
  name: 'account-entry',
  compute: (namespace, read) => {
    const facts = read.derive(accountOf, namespace);
    if (!facts) return undefined;
    return {
      ...facts,
      numbers: read.derive(numbersIn, namespace),
      verifiedCallerIds: read.derive(callerIdsOf, namespace),
    };
  },
};

/** By Account name. */
export const accountOutcome: Query<Outcome> = {
  name: 'account-outcome',
  compute: (name, read) => {
    const account = find(read, 'Account', name);
    if (!account) return { issues: [] };
    const issues = [
      ...ownership(account, read),
      ...parentIssues(account, read),
      ...rateDeckIssues(account, read),
    ];
    const effective = factsOf(account, read);
    if (effective.suspended && !account.spec.suspended) {
      issues.push(
        warning({
          field: 'spec.parent',
          reason: 'ParentSuspended',
          message: `account ${effective.parent ?? ''} above it is suspended, and so is this one.`,
          remedy: 'Lift the suspension of the parent account.',
        }),
      );
    }
    const { namespace } = account.spec;
    const owns = read.derive(accountOf, namespace)?.name === name;
    const trunks = owns ? listed(read, `trunks-in ${namespace}`).length : 0;
    const phoneNumbers = owns ? read.derive(numbersIn, namespace).length : 0;
    return { issues, details: { trunks, phoneNumbers } };
  },
};

/** True where `namespace` may put a domain below one of `owner`: same account, or the owner is its parent. */
export function isSameOrParent(owner: string, namespace: string, read: Reader): boolean {
  if (owner === namespace) return true;
  const parent = read.derive(accountOf, namespace)?.parent;
  return parent !== undefined && read.derive(accountOf, owner)?.name === parent;
}

/** The issue of a namespace without an Account; none under `assumeAccounts`. */
export function missingAccount(namespace: string, read: Reader): Issue[] {
  if (read.derive(accountOf, namespace)) return [];
  return [
    unresolved({
      field: 'metadata.namespace',
      reason: 'AccountNotFound',
      message: `namespace ${namespace} has no Account, so its calls are declined.`,
      remedy: `Ask an administrator to create an Account with spec.namespace: ${namespace}.`,
    }),
  ];
}

function factsOf(account: Account, read: Reader): AccountFacts {
  const { name } = account.metadata;
  const { namespace, type, callsPerSecond } = account.spec;
  const ancestors = ancestry(account, read);
  const parent = ancestors.cyclic ? undefined : ancestors.chain[0]?.metadata.name;
  return {
    name,
    sid: sidOf('Account', name),
    namespace,
    type,
    suspended: [account, ...ancestors.chain].some((each) => each.spec.suspended),
    ...(parent !== undefined && { parent }),
    ...(callsPerSecond !== undefined && { callsPerSecond }),
  };
}

function assumed(namespace: string): AccountFacts {
  const sid = sidOf('Account', namespace);
  return { name: namespace, sid, namespace, type: 'full', suspended: false };
}

/** The accounts above, nearest first. */
function ancestry(account: Account, read: Reader): { chain: Account[]; cyclic: boolean } {
  const chain: Account[] = [];
  const seen = new Set([account.metadata.name]);
  for (let parent = account.spec.parent; parent !== undefined; parent = chain.at(-1)?.spec.parent) {
    if (seen.has(parent)) return { chain, cyclic: true };
    seen.add(parent);
    const next = find(read, 'Account', parent);
    if (!next) break;
    chain.push(next);
  }
  return { chain, cyclic: false };
}

function ownership(account: Account, read: Reader): Issue[] {
  const { namespace } = account.spec;
  const [oldest] = listed(read, `account-of ${namespace}`);
  if (oldest === undefined || oldest === account.metadata.name) return [];
  return [
    refused({
      field: 'spec.namespace',
      reason: 'NamespaceTaken',
      message: `namespace ${namespace} already belongs to the older Account ${oldest}.`,
      remedy: 'Delete one of the two Accounts, or give this one another namespace.',
    }),
  ];
}

function parentIssues(account: Account, read: Reader): Issue[] {
  const { parent } = account.spec;
  if (parent === undefined) return [];
  if (ancestry(account, read).cyclic) {
    return [
      refused({
        field: 'spec.parent',
        reason: 'ParentCycle',
        message: `the chain of parents from ${parent} on runs in a circle; the parent is ignored.`,
        remedy: 'Remove spec.parent from the topmost account.',
      }),
    ];
  }
  if (find(read, 'Account', parent)) return [];
  return [
    unresolved({
      field: 'spec.parent',
      reason: 'ParentNotFound',
      message: `there is no Account ${parent}.`,
      remedy: `Create Account ${parent}, or remove spec.parent.`,
    }),
  ];
}

function rateDeckIssues(account: Account, read: Reader): Issue[] {
  const deck = account.spec.rateDeckRef?.name;
  if (deck === undefined || find(read, 'RateDeck', deck)) return [];
  return [
    unresolved({
      field: 'spec.rateDeckRef.name',
      reason: 'RateDeckNotFound',
      message: `there is no RateDeck ${deck}.`,
      remedy: `Create RateDeck ${deck}, or correct the name.`,
    }),
  ];
}
