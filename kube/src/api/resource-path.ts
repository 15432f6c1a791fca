// SPDX-License-Identifier: Apache-2.0
import type { ResourceKind } from './objects.ts';

export interface ResourceAddress {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: 'status' | undefined;
}

/** Path under the server's address. Without a namespace, a namespaced kind is meant in all namespaces. */
export function resourcePath(kind: ResourceKind, address: ResourceAddress): string {
  const { namespace, name, subresource } = address;
  if (kind.namespaced && name !== undefined && namespace === undefined) {
    throw new TypeError(`${kind.kind} ${name} needs a namespace`);
  }
  const parts = [kind.apiVersion.includes('/') ? '/apis' : '/api', kind.apiVersion];
  if (kind.namespaced && namespace !== undefined) parts.push('namespaces', encodeURIComponent(namespace));
  parts.push(kind.plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource) parts.push(subresource);
  return parts.join('/');
}
