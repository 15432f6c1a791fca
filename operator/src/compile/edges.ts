// SPDX-License-Identifier: Apache-2.0
import type { EdgeEntry } from '@trunkline/crds';
import { edgeRecords } from '../dns/records.ts';
import type { Query } from './derivations.ts';
import { find, listed, settings } from './facts.ts';
import { refused, type Issue } from './issue.ts';
import type { Outcome } from './outcome.ts';
import { sidOf } from './resources.ts';

/** Argument-less: all edges, oldest first. */
export const edgeEntries: Query<EdgeEntry[]> = {
  name: 'edge-entries',
  compute: (_argument, read) =>
    listed(read, 'edges').flatMap((name) => {
      const edge = find(read, 'Edge', name);
      if (!edge) return [];
      const { legacyRegion, handoff } = edge.spec;
      return {
        name,
        sid: sidOf('Edge', name),
        ...(legacyRegion !== undefined &&
          read.derive(edgeByPlace, legacyRegion) === name && { legacyRegion }),
        ...(handoff !== undefined && { handoff }),
      };
    }),
};

/** By `edge=` or `region=` value: name of the Edge meant; undefined where no Edge is called so. */
export const edgeByPlace: Query<string | undefined> = {
  name: 'edge-by-place',
  compute: (place, read) => {
    if (find(read, 'Edge', place)) return place;
    return listed(read, 'edges').find((name) => find(read, 'Edge', name)?.spec.legacyRegion === place);
  },
};

export const edgeOutcome: Query<Outcome> = {
  name: 'edge-outcome',
  compute: (name, read) => {
    const spec = find(read, 'Edge', name)?.spec;
    if (!spec) return { issues: [] };
    const { legacyRegion, signalling } = spec;
    const holder = legacyRegion === undefined ? undefined : read.derive(edgeByPlace, legacyRegion);
    const labels = [name, ...(legacyRegion !== undefined && holder === name ? [legacyRegion] : [])];
    const dnsRecords = edgeRecords({ ...signalling, labels }, settings(read).baseDomain);
    const isTaken = legacyRegion !== undefined && holder !== name;
    return { issues: isTaken ? [regionTaken(legacyRegion, holder)] : [], details: { dnsRecords } };
  },
};

function regionTaken(legacyRegion: string, holder: string | undefined): Issue {
  return refused({
    field: 'spec.legacyRegion',
    reason: 'RegionTaken',
    message: `${legacyRegion} already means Edge ${holder ?? ''}.`,
    remedy: 'Give this Edge another legacyRegion, or none.',
  });
}
