// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../kinds/registry.ts';
import type { Finding } from './finding.ts';

/** What a resource may say and probably does not mean: warnings, on a resource without errors. */
export function doubts(resource: Resource): Finding[] {
  if (resource.kind === 'Trunk') return openTermination(resource.spec.termination);
  if (resource.kind === 'IpAccessControlList') return wholeInternet(resource.spec.addresses);
  return [];
}

function openTermination(termination: (Resource & { kind: 'Trunk' })['spec']['termination']): Finding[] {
  if (termination === undefined) return [];
  const { ipAccessControlLists, credentialLists } = termination.authentication;
  if (ipAccessControlLists.length + credentialLists.length > 0) return [];
  return [
    {
      path: ['spec', 'termination', 'authentication'],
      at: 'key',
      severity: 'warning',
      message: 'names no list, so that every call is refused with 403',
      remedy: 'Add ipAccessControlLists, credentialLists or both',
    },
  ];
}

function wholeInternet(addresses: { cidr: string }[]): Finding[] {
  return addresses.flatMap(({ cidr }, index) => {
    if (!cidr.endsWith('/0')) return [];
    const finding: Finding = {
      path: ['spec', 'addresses', index, 'cidr'],
      at: 'value',
      severity: 'warning',
      value: cidr,
      message: 'allows every address there is',
      remedy: 'Name the networks of your PBX, or let the trunk use a CredentialList alone',
    };
    return [finding];
  });
}
