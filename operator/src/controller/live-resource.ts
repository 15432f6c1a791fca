// SPDX-License-Identifier: Apache-2.0
import { API_VERSION, KINDS, type Kind, type Resource } from '@trunkline/crds';
import type { KubeObject, ResourceKind } from '@trunkline/kube';

/** A custom resource as the API server gives it. */
export type LiveResource = Resource & KubeObject;

export const RESOURCE_KINDS = Object.fromEntries(
  Object.values(KINDS).map(({ kind, plural, scope }) => [
    kind,
    { apiVersion: API_VERSION, kind, plural, namespaced: scope === 'Namespaced' },
  ]),
) as Record<Kind, ResourceKind>;

/**
 * The resource without what compiling does not look at, so that our own writes to its status compile nothing again. Of the status
 * counts what was given away: a domain, a number, a verified caller id.
 */
export function compilable(resource: LiveResource): Resource {
  const { name, namespace, generation, creationTimestamp } = resource.metadata;
  const metadata = {
    name,
    generation,
    ...(namespace === undefined ? {} : { namespace }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
  };
  const { apiVersion, kind, spec } = resource;
  const status = givenAway(resource);
  return { apiVersion, kind, metadata, spec, ...(status && { status }) } as Resource;
}

function givenAway({ kind, status }: LiveResource): object | undefined {
  if (status === undefined) return undefined;
  if (kind === 'Trunk') return picked(status, 'terminationUris');
  if (kind === 'PhoneNumber') return picked(status, 'number');
  if (kind === 'OutgoingCallerId') return picked(status, 'verified');
  return undefined;
}

function picked(status: object, field: string): object | undefined {
  const value = (status as Record<string, unknown>)[field];
  return value === undefined ? undefined : { [field]: value };
}
