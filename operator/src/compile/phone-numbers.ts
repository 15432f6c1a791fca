// SPDX-License-Identifier: Apache-2.0
import type { PhoneNumber } from '@trunkline/crds';
import { missingAccount } from './accounts.ts';
import type { Query, Reader } from './derivations.ts';
import { find, listed } from './facts.ts';
import { refused, unresolved, type Issue } from './issue.ts';
import { poolAssignments } from './number-pools.ts';
import type { Outcome } from './outcome.ts';
import { compareText, localKey, namespaceOf } from './resources.ts';

/** By PhoneNumber key: the E.164 number that it holds; undefined where it holds none. */
export const numberOf: Query<string | undefined> = {
  name: 'number-of',
  compute: (key, read) => {
    const number = find(read, 'PhoneNumber', key)?.spec.number;
    if (number === undefined) return read.derive(poolAssignments, '').byClaim[key]?.number;
    return listed(read, `number ${number}`)[0] === key ? number : undefined;
  },
};

/** By namespace: every number of the account, on a trunk or not. */
export const numbersIn: Query<string[]> = {
  name: 'numbers-in',
  compute: (namespace, read) => held(`numbers-in ${namespace}`, read),
};

/** By Trunk key: the numbers whose calls it gets. */
export const numbersOn: Query<string[]> = {
  name: 'numbers-on',
  compute: (trunk, read) => held(`numbers-on ${trunk}`, read),
};

/** By PhoneNumber key. */
export const phoneNumberOutcome: Query<Outcome> = {
  name: 'phone-number-outcome',
  compute: (key, read) => {
    const phoneNumber = find(read, 'PhoneNumber', key);
    if (!phoneNumber) return { issues: [] };
    const number = read.derive(numberOf, key);
    const issues = [
      ...(number === undefined ? [withoutNumber(phoneNumber, read)] : []),
      ...trunkIssues(phoneNumber, read),
      ...missingAccount(phoneNumber.metadata.namespace ?? '', read),
    ];
    return { issues, details: { ...placeOf(phoneNumber, read), ...(number !== undefined && { number }) } };
  },
};

/** Pool and trunk of the number, for its status. */
function placeOf(phoneNumber: PhoneNumber, read: Reader): { pool?: string; trunk?: string } {
  const claimed = phoneNumber.spec.number === undefined;
  const pool = claimed ? read.derive(poolAssignments, '').byClaim[localKey(phoneNumber)]?.pool : undefined;
  const trunk = phoneNumber.spec.trunkRef?.name;
  const exists = find(read, 'Trunk', `${phoneNumber.metadata.namespace ?? ''}/${trunk ?? ''}`) !== undefined;
  return { ...(pool !== undefined && { pool }), ...(exists && trunk !== undefined && { trunk }) };
}

function held(term: string, read: Reader): string[] {
  const numbers = listed(read, term).map((key) => read.derive(numberOf, key));
  return numbers.filter((number) => number !== undefined).sort(compareText);
}

function withoutNumber(phoneNumber: PhoneNumber, read: Reader): Issue {
  const { number } = phoneNumber.spec;
  if (number === undefined) return noneFree(read);
  const owner = listed(read, `number ${number}`)[0] ?? '';
  const same = namespaceOf(owner) === phoneNumber.metadata.namespace;
  return refused({
    field: 'spec.number',
    reason: 'NumberTaken',
    message: same
      ? `${number} is already held by the older PhoneNumber ${owner}.`
      : `${number} already belongs to an older PhoneNumber of another account.`,
    remedy: same ? 'Delete one of the two.' : 'Choose another number, or have the other account release it.',
  });
}

function noneFree(read: Reader): Issue {
  const pools = listed(read, 'number-pools').length > 0;
  return refused({
    field: 'spec.match',
    reason: pools ? 'NoNumberFree' : 'NoNumberPool',
    message: pools
      ? 'no free number of any NumberPool matches.'
      : 'there is no NumberPool to take a number from.',
    remedy: pools
      ? 'Widen the pattern, release a number, or ask an administrator to add numbers to a NumberPool.'
      : 'Ask an administrator to create a NumberPool, or write the number in spec.number.',
  });
}

function trunkIssues(phoneNumber: PhoneNumber, read: Reader): Issue[] {
  const trunk = phoneNumber.spec.trunkRef?.name;
  if (trunk === undefined) return [];
  const { namespace = '' } = phoneNumber.metadata;
  if (find(read, 'Trunk', `${namespace}/${trunk}`)) return [];
  return [
    unresolved({
      field: 'spec.trunkRef.name',
      reason: 'TrunkNotFound',
      message: `there is no Trunk ${trunk} in namespace ${namespace}; calls to the number find no trunk.`,
      remedy: `Create Trunk ${trunk}, correct the name, or remove trunkRef.`,
    }),
  ];
}
