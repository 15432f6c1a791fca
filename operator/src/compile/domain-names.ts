// SPDX-License-Identifier: Apache-2.0
import type { Trunk } from '@trunkline/crds';

/** The domain that the trunk's spec asks for, as compared: lower case. */
export function wantedDomain(trunk: Trunk): string | undefined {
  return trunk.spec.termination?.domainName.toLowerCase();
}

/** The domain that the trunk had when its status was last published: the label of its first termination URI. */
export function heldDomain(trunk: Trunk): string | undefined {
  const [uri] = trunk.status?.terminationUris ?? [];
  const end = uri?.indexOf('.pstn.') ?? -1;
  return end > 0 ? uri?.slice(0, end) : undefined;
}

/** `acme` for `branch.acme`; undefined for `acme`. */
export function parentDomain(domain: string): string | undefined {
  const dot = domain.indexOf('.');
  return dot < 0 ? undefined : domain.slice(dot + 1);
}
