// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../kinds/registry.ts';
import type { Finding } from './finding.ts';

/**
 * What a resource may say and probably does not mean: warnings, on a resource without errors. What needs a look at
 * other resources is the compiler's to say.
 */
export function doubts(resource: Resource): Finding[] {
  return resource.kind === 'IpAccessControlList' ? wholeInternet(resource.spec.addresses) : [];
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
