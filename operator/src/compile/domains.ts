// SPDX-License-Identifier: Apache-2.0
import type { Trunk } from '@trunkline/crds';
import { isSameOrParent } from './accounts.ts';
import type { Query, Reader } from './derivations.ts';
import { heldDomain, parentDomain, wantedDomain } from './domain-names.ts';
import { find, listed } from './facts.ts';
import { refused, type Issue } from './issue.ts';
import { namespaceOf } from './resources.ts';

/** By domain (`acme`, `branch.acme`): key of the trunk that holds it. */
export const domainHolder: Query<string | undefined> = {
  name: 'domain-holder',
  compute: (domain, read) =>
    listed(read, `domain ${domain}`).find(
      (key) =>
        read.derive(claimedDomain, key) === domain && parentState(domain, namespaceOf(key), read) === 'fine',
    ),
};

/**
 * By Trunk key: the domain that it stands for. Usually the one in its spec; a trunk that gave its domain up while
 * trunks below still need it (`branch.acme` needs `acme`) stands for the old one until they are gone.
 */
export const claimedDomain: Query<string | undefined> = {
  name: 'claimed-domain',
  compute: (key, read) => {
    const trunk = find(read, 'Trunk', key);
    if (!trunk) return undefined;
    return childrenHold(trunk, read).length > 0 ? heldDomain(trunk) : wantedDomain(trunk);
  },
};

/** Everything that keeps the trunk from having the domain of its spec. */
export function domainIssues(trunk: Trunk, read: Reader): Issue[] {
  const children = childrenHold(trunk, read);
  if (children.length > 0) return [domainInUse(trunk, children)];
  const domain = wantedDomain(trunk);
  if (domain === undefined) return [];
  const namespace = trunk.metadata.namespace ?? '';
  const parent = parentState(domain, namespace, read);
  if (parent !== 'fine') return [badParent(domain, parent)];
  const holder = read.derive(domainHolder, domain);
  return holder === `${namespace}/${trunk.metadata.name}`
    ? []
    : [domainTaken(domain, namespace, holder ?? '')];
}

function parentState(domain: string, namespace: string, read: Reader): 'fine' | 'missing' | 'foreign' {
  const parent = parentDomain(domain);
  if (parent === undefined) return 'fine';
  const holder = read.derive(domainHolder, parent);
  if (holder === undefined) return 'missing';
  return isSameOrParent(namespaceOf(holder), namespace, read) ? 'fine' : 'foreign';
}

/** Keys of the trunks for whose sake the trunk cannot leave the domain that its status says it has. */
function childrenHold(trunk: Trunk, read: Reader): string[] {
  const held = heldDomain(trunk);
  if (held === undefined || held === wantedDomain(trunk)) return [];
  const { namespace = '', name } = trunk.metadata;
  return listed(read, `children-of ${held}`).filter(
    (key) => key !== `${namespace}/${name}` && isSameOrParent(namespace, namespaceOf(key), read),
  );
}

function domainInUse(trunk: Trunk, children: string[]): Issue {
  const held = heldDomain(trunk) ?? '';
  return refused({
    field: 'spec.termination.domainName',
    reason: 'DomainHasChildren',
    message: `the trunk keeps ${held}, because trunk ${children.join(', ')} stands below that domain.`,
    remedy: `Move or delete ${children.length === 1 ? 'that trunk' : 'those trunks'} first, or change domainName back to ${held}.`,
  });
}

function badParent(domain: string, state: 'missing' | 'foreign'): Issue {
  const parent = parentDomain(domain) ?? '';
  if (state === 'missing') {
    return refused({
      field: 'spec.termination.domainName',
      reason: 'ParentDomainNotFound',
      message: `${domain} needs a trunk with the domain ${parent}, and there is none.`,
      remedy: `Create a trunk with domainName ${parent} in this account or its parent account, or choose a name without a dot.`,
    });
  }
  return refused({
    field: 'spec.termination.domainName',
    reason: 'ParentDomainForeign',
    message: `${parent} belongs to another account that is not the parent of this one.`,
    remedy: `Choose a domain below one of your own, or a name without a dot.`,
  });
}

function domainTaken(domain: string, namespace: string, holder: string): Issue {
  const own = namespaceOf(holder) === namespace;
  return refused({
    field: 'spec.termination.domainName',
    reason: 'DomainTaken',
    message: own
      ? `${domain} already belongs to the older trunk ${holder}.`
      : `${domain} already belongs to an older trunk of another account.`,
    remedy: own
      ? 'Choose another domainName, or delete one of the two trunks.'
      : 'Choose another domainName.',
  });
}
