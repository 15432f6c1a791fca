// SPDX-License-Identifier: Apache-2.0
import { parseDuration, type Trunk, type TrunkEntry } from '@trunkline/crds';
import { accessListEntry } from './access-lists.ts';
import { accountOf, missingAccount } from './accounts.ts';
import type { Query, Reader } from './derivations.ts';
import { claimedDomain, domainHolder, domainIssues } from './domains.ts';
import { edgeEntries } from './edges.ts';
import { find, settings } from './facts.ts';
import { heldBack, unresolved, warning, type Issue } from './issue.ts';
import { countUris, targetsOn } from './origination-uris.ts';
import type { Outcome } from './outcome.ts';
import { numbersOn } from './phone-numbers.ts';
import { namespaceOf, sidOf } from './resources.ts';

const LONGEST_CALL_SECONDS = 24 * 3600;

/** By Trunk key: its entry in the shard. */
export const trunkEntry: Query<TrunkEntry | undefined> = {
  name: 'trunk-entry',
  compute: (key, read) => {
    const trunk = find(read, 'Trunk', key);
    if (!trunk) return undefined;
    const { spec, metadata } = trunk;
    const domainName = read.derive(domainOn, key);
    const lists = listsOf(trunk);
    return {
      key,
      sid: sidOf('Trunk', key),
      namespace: namespaceOf(key),
      name: metadata.name,
      generation: metadata.generation,
      friendlyName: spec.friendlyName ?? metadata.name,
      secure: spec.secure,
      symmetricRtp: spec.symmetricRtp,
      cnamLookup: spec.cnamLookup,
      recording: spec.recording,
      transfer: spec.transfer,
      ...(spec.disasterRecovery && { disasterRecovery: spec.disasterRecovery }),
      ...(domainName !== undefined && { domainName }),
      ipAccessControlLists: lists.access.map((list) => read.derive(accessListEntry, list)),
      credentialLists: lists.credentials,
      limits: limitsOf(trunk),
      failover: {
        answerTimeoutMs: parseDuration(spec.failover.answerTimeout) ?? 4000,
        finalCodes: spec.failover.finalCodes,
      },
      numbers: read.derive(numbersOn, key),
      originationTargets: read.derive(targetsOn, key),
    };
  },
};

/** By Trunk key. */
export const trunkOutcome: Query<Outcome> = {
  name: 'trunk-outcome',
  compute: (key, read) => {
    const trunk = find(read, 'Trunk', key);
    if (!trunk) return { issues: [] };
    const terminationUris = hostNames(key, read);
    const issues = [
      ...domainIssues(trunk, read),
      ...listIssues(trunk, read),
      ...missingAccount(namespaceOf(key), read),
      ...suspension(key, read),
      ...gaps(trunk, key, read),
    ];
    return {
      issues,
      details: {
        ...(terminationUris.length > 0 && { terminationUris }),
        numbers: read.derive(numbersOn, key).length,
        originationUris: countUris(key, read),
      },
    };
  },
};

/** By Trunk key: the termination domain that it has. */
const domainOn: Query<string | undefined> = {
  name: 'domain-on',
  compute: (key, read) => {
    const domain = read.derive(claimedDomain, key);
    return domain !== undefined && read.derive(domainHolder, domain) === key ? domain : undefined;
  },
};

/** The general host name first, then those of each edge (DESIGN §3). */
function hostNames(key: string, read: Reader): string[] {
  const domain = read.derive(domainOn, key);
  if (domain === undefined) return [];
  const { baseDomain } = settings(read);
  const places = read.derive(edgeEntries, '').flatMap((edge) => [edge.name, edge.legacyRegion ?? []].flat());
  return [`${domain}.pstn.${baseDomain}`, ...places.map((place) => `${domain}.pstn.${place}.${baseDomain}`)];
}

function listsOf(trunk: Trunk): { access: string[]; credentials: string[] } {
  const { namespace = '' } = trunk.metadata;
  const authentication = trunk.spec.termination?.authentication;
  const keys = (names: string[] | undefined): string[] =>
    [...new Set(names)].map((name) => `${namespace}/${name}`);
  return {
    access: keys(authentication?.ipAccessControlLists),
    credentials: keys(authentication?.credentialLists),
  };
}

function limitsOf(trunk: Trunk): TrunkEntry['limits'] {
  const { callsPerSecond, concurrentCalls, maxCallDuration } = trunk.spec.limits;
  const seconds = Math.ceil((parseDuration(maxCallDuration) ?? Infinity) / 1000);
  return {
    ...(callsPerSecond !== undefined && { callsPerSecond }),
    ...(concurrentCalls !== undefined && { concurrentCalls }),
    maxCallDurationSeconds: Math.min(seconds, LONGEST_CALL_SECONDS),
  };
}

function listIssues(trunk: Trunk, read: Reader): Issue[] {
  const lists = listsOf(trunk);
  const field = 'spec.termination.authentication';
  return [
    ...lists.access.flatMap((key) =>
      find(read, 'IpAccessControlList', key)
        ? []
        : [listNotFound(`${field}.ipAccessControlLists`, 'IpAccessControlList', key)],
    ),
    ...lists.credentials.flatMap((key) =>
      find(read, 'CredentialList', key)
        ? []
        : [listNotFound(`${field}.credentialLists`, 'CredentialList', key)],
    ),
  ];
}

function listNotFound(field: string, kind: string, key: string): Issue {
  const [namespace = '', name = ''] = key.split('/');
  return unresolved({
    field,
    reason: 'ListNotFound',
    message: `there is no ${kind} ${name} in namespace ${namespace}; it lets nobody in until it exists.`,
    remedy: `Create ${kind} ${name}, or take the name out of the list.`,
  });
}

function suspension(key: string, read: Reader): Issue[] {
  const account = read.derive(accountOf, namespaceOf(key));
  if (account?.suspended !== true) return [];
  return [
    heldBack({
      field: 'metadata.namespace',
      reason: 'AccountSuspended',
      message: `account ${account.name} is suspended; its calls are declined with 603.`,
      remedy: 'Ask an administrator to lift the suspension.',
    }),
  ];
}

/** What is allowed but surely not meant. */
function gaps(trunk: Trunk, key: string, read: Reader): Issue[] {
  const issues: Issue[] = [];
  const lists = listsOf(trunk);
  if (trunk.spec.termination && lists.access.length + lists.credentials.length === 0) {
    issues.push(
      warning({
        field: 'spec.termination.authentication',
        reason: 'NoAuthentication',
        message: 'the trunk has a domain but no list, so every call to it is refused with 403.',
        remedy: 'Name an IpAccessControlList, a CredentialList or both.',
      }),
    );
  }
  if (read.derive(numbersOn, key).length > 0 && read.derive(targetsOn, key).length === 0) {
    issues.push(
      warning({
        field: 'metadata.name',
        reason: 'NoOriginationUri',
        message:
          'the trunk has numbers but no enabled origination URI, so calls to them are refused with 480.',
        remedy: 'Create an OriginationUri with this trunk as trunkRef.',
      }),
    );
  }
  return issues;
}
