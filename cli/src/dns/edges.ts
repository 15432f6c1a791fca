// SPDX-License-Identifier: Apache-2.0
import type { Edge, EdgeEntry } from '@trunkline/crds';
import type { DnsEdge } from '@trunkline/operator';

/** Edges as DNS sees them. `entries`: what the operator made of them, which knows whose a legacy region is. */
export function dnsEdges(edges: readonly Edge[], entries: readonly EdgeEntry[]): DnsEdge[] {
  return edges.map(({ metadata: { name }, spec: { signalling } }) => {
    const legacyRegion = entries.find((entry) => entry.name === name)?.legacyRegion;
    return { ...signalling, labels: [name, ...(legacyRegion === undefined ? [] : [legacyRegion])] };
  });
}
