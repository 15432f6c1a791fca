// SPDX-License-Identifier: Apache-2.0
import type { Carrier, CarrierEntry } from '@trunkline/crds';
import { overlap, parseCidr } from './cidr.ts';
import type { Query, Reader } from './derivations.ts';
import { find, listed, secret } from './facts.ts';
import { refused, unresolved, warning, type Issue } from './issue.ts';
import type { Outcome } from './outcome.ts';
import { sidOf } from './resources.ts';

interface Source {
  carrier: string;
  cidr: string;
}

/** Argument-less: all carriers, oldest first. */
export const carrierEntries: Query<CarrierEntry[]> = {
  name: 'carrier-entries',
  compute: (_argument, read) =>
    listed(read, 'carriers').flatMap((name) => {
      const entry = read.derive(carrierEntry, name);
      return entry ? [entry] : [];
    }),
};

/** Argument-less: inbound sources of all carriers, oldest carrier first. */
export const carrierSources: Query<Source[]> = {
  name: 'carrier-sources',
  compute: (_argument, read) =>
    listed(read, 'carriers').flatMap((carrier) =>
      sourcesOf(find(read, 'Carrier', carrier)).map((cidr) => ({ carrier, cidr })),
    ),
};

/** By Carrier name: digest credentials towards the carrier. */
export const carrierLogin: Query<{ username: string; password: string } | undefined> = {
  name: 'carrier-login',
  compute: (name, read) => {
    const carrier = find(read, 'Carrier', name);
    const data = carrier && secretOf(carrier, read);
    if (data?.username === undefined || data.password === undefined) return undefined;
    return { username: data.username, password: data.password };
  },
};

const carrierEntry: Query<CarrierEntry | undefined> = {
  name: 'carrier-entry',
  compute: (name, read) => {
    const carrier = find(read, 'Carrier', name);
    if (!carrier) return undefined;
    return {
      name,
      sid: sidOf('Carrier', name),
      prefixes: carrier.spec.prefixes,
      gateways: gatewaysOf(carrier),
      inboundSources: sourcesOf(carrier),
      codecs: carrier.spec.codecs,
      hasCredentials: read.derive(carrierLogin, name) !== undefined,
    };
  },
};

export const carrierOutcome: Query<Outcome> = {
  name: 'carrier-outcome',
  compute: (name, read) => {
    const carrier = find(read, 'Carrier', name);
    if (!carrier) return { issues: [] };
    const issues = [...sourceIssues(carrier, read), ...secretIssues(carrier, read)];
    if (gatewaysOf(carrier).length === 0 && carrier.spec.prefixes.length > 0) issues.push(noGateway());
    return { issues };
  },
};

function gatewaysOf(carrier: Carrier): CarrierEntry['gateways'] {
  const enabled = carrier.spec.gateways.filter((gateway) => gateway.enabled);
  return enabled.map(({ host, port, transport, priority, weight }) => ({
    host,
    ...(port !== undefined && { port }),
    transport,
    priority,
    weight,
  }));
}

function sourcesOf(carrier: Carrier | undefined): string[] {
  const cidrs = (carrier?.spec.inbound?.sources ?? []).map((source) => source.cidr);
  return [...new Set(cidrs.filter((cidr) => parseCidr(cidr)))];
}

function sourceIssues(carrier: Carrier, read: Reader): Issue[] {
  const all = read.derive(carrierSources, '');
  const name = carrier.metadata.name;
  const older = all.slice(
    0,
    all.findIndex((source) => source.carrier === name),
  );
  return (carrier.spec.inbound?.sources ?? []).flatMap(({ cidr }, position) => {
    const field = `spec.inbound.sources[${position}].cidr`;
    if (!parseCidr(cidr)) return [badSource(field, cidr)];
    const clash = older.find((source) => overlap(source.cidr, cidr));
    return clash ? [sharedSource(field, cidr, clash)] : [];
  });
}

function badSource(field: string, cidr: string): Issue {
  return refused({
    field,
    reason: 'InvalidAddress',
    message: `${cidr} is not a CIDR and is left out.`,
    remedy: 'Write an address and a prefix length, such as 192.0.2.0/28.',
  });
}

function sharedSource(field: string, cidr: string, other: Source): Issue {
  return warning({
    field,
    reason: 'SourcesOverlap',
    message: `${cidr} overlaps ${other.cidr} of the older Carrier ${other.carrier}; which of the two sent a call from there cannot be told.`,
    remedy: 'Narrow the sources of one of the two carriers, or merge the carriers.',
  });
}

function noGateway(): Issue {
  return warning({
    field: 'spec.gateways',
    reason: 'NoGateway',
    message: 'the carrier serves prefixes but has no enabled gateway, so no call can go out through it.',
    remedy: 'Add or enable a gateway, or remove the prefixes.',
  });
}

function secretOf(carrier: Carrier, read: Reader): Record<string, string> | undefined {
  const reference = carrier.spec.credentialsSecretRef;
  return reference && secret(read, `${reference.namespace}/${reference.name}`);
}

function secretIssues(carrier: Carrier, read: Reader): Issue[] {
  const reference = carrier.spec.credentialsSecretRef;
  if (!reference || read.derive(carrierLogin, carrier.metadata.name)) return [];
  const where = `${reference.namespace}/${reference.name}`;
  const exists = secretOf(carrier, read) !== undefined;
  return [
    unresolved({
      field: 'spec.credentialsSecretRef',
      reason: exists ? 'KeyNotFound' : 'SecretNotFound',
      message: exists
        ? `Secret ${where} lacks the key username or password.`
        : `there is no Secret ${where}.`,
      remedy: `Create Secret ${where} with the keys username and password.`,
    }),
  ];
}
