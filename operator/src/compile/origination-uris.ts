// SPDX-License-Identifier: Apache-2.0
import {
  parseOriginationUri,
  type OriginationTarget,
  type OriginationUri,
  type OriginationUriParts,
} from '@trunkline/crds';
import { missingAccount } from './accounts.ts';
import type { Query, Reader } from './derivations.ts';
import { edgeByPlace } from './edges.ts';
import { find, listed } from './facts.ts';
import { refused, unresolved, warning, type Issue } from './issue.ts';
import type { Outcome } from './outcome.ts';
import { localKey, sidOf } from './resources.ts';

/** Oldest ones of a trunk that count. */
export const MAX_URIS_PER_TRUNK = 10;

/** By Trunk key: where its calls go; enabled and accepted URIs, oldest first. */
export const targetsOn: Query<OriginationTarget[]> = {
  name: 'targets-on',
  compute: (trunk, read) => accepted(trunk, read).flatMap((key) => read.derive(target, key) ?? []),
};

/** By OriginationUri key: its target; undefined where it is switched off or cannot be read. */
const target: Query<OriginationTarget | undefined> = {
  name: 'target',
  compute: (key, read) => {
    const uri = find(read, 'OriginationUri', key);
    if (!uri || !uri.spec.enabled) return undefined;
    const parsed = parseOriginationUri(uri.spec.sipUri);
    return parsed.ok ? targetOf(uri, parsed.uri, read) : undefined;
  },
};

export const originationUriOutcome: Query<Outcome> = {
  name: 'origination-uri-outcome',
  compute: (key, read) => {
    const uri = find(read, 'OriginationUri', key);
    if (!uri) return { issues: [] };
    const parsed = parseOriginationUri(uri.spec.sipUri);
    const issues = [
      ...(parsed.ok ? [] : [unreadable(uri, parsed.error)]),
      ...trunkIssues(uri, key, read),
      ...(parsed.ok ? placeIssues(parsed.uri, read) : []),
      ...missingAccount(uri.metadata.namespace ?? '', read),
    ];
    return { issues };
  },
};

/** How many URIs of the trunk count, switched off or not. */
export function countUris(trunk: string, read: Reader): number {
  return accepted(trunk, read).length;
}

function accepted(trunk: string, read: Reader): string[] {
  return listed(read, `uris-on ${trunk}`).slice(0, MAX_URIS_PER_TRUNK);
}

function targetOf(uri: OriginationUri, parts: OriginationUriParts, read: Reader): OriginationTarget {
  const key = localKey(uri);
  const edge = edgeOf(parts, read);
  return {
    key,
    sid: sidOf('OriginationUri', key),
    sipUri: uri.spec.sipUri,
    ...(parts.user !== undefined && { user: parts.user }),
    host: parts.host,
    ...(parts.port !== undefined && { port: parts.port }),
    transport: find(read, 'Trunk', trunkOf(uri))?.spec.secure ? 'tls' : parts.transport,
    headers: parts.headers,
    ...(edge !== undefined && { edge }),
    priority: uri.spec.priority,
    weight: uri.spec.weight,
  };
}

function edgeOf(parts: OriginationUriParts, read: Reader): string | undefined {
  const place = parts.edge ?? parts.region;
  return place === undefined ? undefined : read.derive(edgeByPlace, place);
}

function trunkOf(uri: OriginationUri): string {
  return `${uri.metadata.namespace ?? ''}/${uri.spec.trunkRef.name}`;
}

function unreadable(uri: OriginationUri, error: { message: string; remedy: string }): Issue {
  return refused({
    field: 'spec.sipUri',
    reason: 'InvalidUri',
    message: `${uri.spec.sipUri} ${error.message}.`,
    remedy: `${error.remedy}.`,
  });
}

function trunkIssues(uri: OriginationUri, key: string, read: Reader): Issue[] {
  const trunk = trunkOf(uri);
  if (!find(read, 'Trunk', trunk)) {
    return [
      unresolved({
        field: 'spec.trunkRef.name',
        reason: 'TrunkNotFound',
        message: `there is no Trunk ${uri.spec.trunkRef.name} in namespace ${uri.metadata.namespace ?? ''}.`,
        remedy: `Create Trunk ${uri.spec.trunkRef.name}, or correct the name.`,
      }),
    ];
  }
  if (accepted(trunk, read).includes(key)) return [];
  return [
    refused({
      field: 'spec.trunkRef.name',
      reason: 'TooManyUris',
      message: `trunk ${uri.spec.trunkRef.name} already has ${MAX_URIS_PER_TRUNK} older origination URIs, the most that one can have.`,
      remedy: 'Delete one of the older ones, or this one.',
    }),
  ];
}

function placeIssues(parts: OriginationUriParts, read: Reader): Issue[] {
  const place = parts.edge ?? parts.region;
  if (place === undefined || edgeOf(parts, read) !== undefined) return [];
  return [
    warning({
      field: 'spec.sipUri',
      reason: 'UnknownEdge',
      message: `there is no Edge ${place}; the parameter is ignored and calls leave from where they came in.`,
      remedy: `Create Edge ${place}, or correct the name.`,
    }),
  ];
}
