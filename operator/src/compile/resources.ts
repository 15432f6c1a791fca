// SPDX-License-Identifier: Apache-2.0
import { KINDS, deriveSid, type Kind, type Resource } from '@trunkline/crds';

/** `Kind/namespace/name`, or `Kind/name` for cluster-scoped kinds. */
export type ResourceKey = string;

export function resourceKey(resource: Resource): ResourceKey {
  return `${resource.kind}/${localKey(resource)}`;
}

/** `namespace/name`, or `name` for cluster-scoped kinds. */
export function localKey(resource: Pick<Resource, 'metadata'>): string {
  const { namespace, name } = resource.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Namespace of a `namespace/name`. */
export function namespaceOf(key: string): string {
  return key.slice(0, Math.max(key.indexOf('/'), 0));
}

/** SID of a resource by kind and `namespace/name` (or `name`), whether or not it exists. */
export function sidOf(kind: Kind, key: string): string {
  return deriveSid(KINDS[kind].sidPrefix, namespaceOf(key), key.slice(key.indexOf('/') + 1));
}

/** First come, first served: by creationTimestamp, then by key; one without a timestamp came last. */
export function byAge(a: Resource, b: Resource): number {
  const age = compareText(createdAt(a), createdAt(b));
  return age === 0 ? compareText(resourceKey(a), resourceKey(b)) : age;
}

/** Code-point order, the same on every machine. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function createdAt(resource: Resource): string {
  const parsed = Date.parse(resource.metadata.creationTimestamp ?? '');
  return Number.isNaN(parsed) ? '~' : new Date(parsed).toISOString();
}
