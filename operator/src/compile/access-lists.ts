// SPDX-License-Identifier: Apache-2.0
import type { IpAccessControlList, TrunkEntry } from '@trunkline/crds';
import { missingAccount } from './accounts.ts';
import { carrierSources } from './carriers.ts';
import { overlap, parseCidr } from './cidr.ts';
import type { Query, Reader } from './derivations.ts';
import { find, listed } from './facts.ts';
import { refused, warning, type Issue } from './issue.ts';
import type { Outcome } from './outcome.ts';
import { sidOf } from './resources.ts';

type AccessListEntry = TrunkEntry['ipAccessControlLists'][number];

/** By IpAccessControlList key. A list that does not exist has no addresses: it lets nobody in. */
export const accessListEntry: Query<AccessListEntry> = {
  name: 'access-list-entry',
  compute: (key, read) => {
    const list = find(read, 'IpAccessControlList', key);
    const cidrs = (list?.spec.addresses ?? [])
      .map((address) => address.cidr)
      .filter((cidr) => parseCidr(cidr));
    return { key, sid: sidOf('IpAccessControlList', key), cidrs: [...new Set(cidrs)] };
  },
};

export const accessListOutcome: Query<Outcome> = {
  name: 'access-list-outcome',
  compute: (key, read) => {
    const list = find(read, 'IpAccessControlList', key);
    if (!list) return { issues: [] };
    const { addresses } = list.spec;
    const issues = addresses.flatMap((address, position) => addressIssues(address.cidr, position, read));
    if (addresses.length === 0) issues.push(empty(list));
    issues.push(...missingAccount(list.metadata.namespace ?? '', read));
    return {
      issues,
      details: {
        addresses: read.derive(accessListEntry, key).cidrs.length,
        trunks: listed(read, `uses-access-list ${key}`).length,
      },
    };
  },
};

function addressIssues(cidr: string, position: number, read: Reader): Issue[] {
  const field = `spec.addresses[${position}].cidr`;
  if (!parseCidr(cidr)) {
    return [
      refused({
        field,
        reason: 'InvalidAddress',
        message: `${cidr} is not a CIDR and is left out.`,
        remedy: 'Write an address and a prefix length, such as 203.0.113.7/32 or 2001:db8::/64.',
      }),
    ];
  }
  const carrier = read.derive(carrierSources, '').find((source) => overlap(source.cidr, cidr));
  if (!carrier) return [];
  return [
    warning({
      field,
      reason: 'AddressIsCarrier',
      message: `${cidr} overlaps the inbound sources of a carrier (${carrier.cidr}); calls from there come in as calls from the PSTN.`,
      remedy: 'Remove the address, or have an administrator narrow the inbound sources of the carrier.',
    }),
  ];
}

function empty(list: IpAccessControlList): Issue {
  return warning({
    field: 'spec.addresses',
    reason: 'ListEmpty',
    message: `${list.metadata.name} has no addresses: a trunk with it lets nobody in.`,
    remedy: 'Add the addresses of the PBX or SBC, or take the list off the trunk.',
  });
}
