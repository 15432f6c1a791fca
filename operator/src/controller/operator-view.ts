// SPDX-License-Identifier: Apache-2.0
import type { Documents } from './documents.ts';
import type { Inputs } from './inputs.ts';
import type { OperatorView } from './metrics.ts';
import type { ProxyFleet } from './proxy-fleet.ts';
import type { ResourceWatch } from './resource-watch.ts';

interface Sources {
  resources: ResourceWatch;
  fleet: ProxyFleet;
  inputs: Inputs;
  documents: Documents;
  edgesMissing: () => number;
}

/** The numbers behind the gauges. */
export function operatorView({ resources, fleet, inputs, documents, edgesMissing }: Sources): OperatorView {
  return {
    resources: () => countBy(resources.list().map(({ kind }) => kind)),
    notReady: () =>
      countBy(
        resources
          .list()
          .filter(
            ({ status }) =>
              !status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
          )
          .map(({ kind }) => kind),
      ),
    proxies: () => countBy(fleet.live().map(({ edge }) => edge)),
    edgesMissing,
    namedSecretWatches: () => inputs.namedSecretWatches,
    largestShardBytes: () => documents.largest,
  };
}

function countBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
