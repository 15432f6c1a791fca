// SPDX-License-Identifier: Apache-2.0
import {
  parseOriginationUri,
  targetAddress,
  type Carrier,
  type OriginationUri,
  type TargetPlace,
  type TargetReport,
} from '@trunkline/crds';

/** What one live proxy tells of the places that it sends calls to. */
export interface ProxyHealth {
  edge: string;
  health: readonly TargetReport[];
}

/** As in `status.addresses` of an OriginationUri and `status.gateways` of a Carrier. */
export interface AddressHealth {
  address: string;
  healthy: boolean;
  lastChange: string;
  edge?: string;
  reason?: string;
}

/** By address: how each edge sees it. */
export type HealthIndex = ReadonlyMap<string, readonly AddressHealth[]>;

/** Proxies of one edge may disagree: where one cannot reach a place, its calls go elsewhere, and that is worth knowing. */
export function indexHealth(proxies: readonly ProxyHealth[]): HealthIndex {
  const index = new Map<string, AddressHealth[]>();
  for (const { edge, health } of proxies) {
    for (const report of health) {
      const edges = index.get(report.address) ?? [];
      index.set(report.address, withReport(edges, report, edge));
    }
  }
  return index;
}

/** Where an OriginationUri leads, as each edge sees it. `secure`: its trunk is. Empty where nobody has tried yet. */
export function originationUriHealth(
  { spec }: OriginationUri,
  secure: boolean,
  index: HealthIndex,
): AddressHealth[] {
  const parsed = parseOriginationUri(spec.sipUri);
  if (!spec.enabled || !parsed.ok) return [];
  const { host, port, transport } = parsed.uri;
  return placesHealth([{ host, port, transport: secure ? 'tls' : transport }], index);
}

/** The gateways of a Carrier, as each edge sees them. */
export function carrierHealth({ spec }: Carrier, index: HealthIndex): AddressHealth[] {
  return placesHealth(
    spec.gateways.filter(({ enabled }) => enabled),
    index,
  );
}

/** As many as a status has room for. */
const MAX_LISTED = 256;

function placesHealth(places: readonly TargetPlace[], index: HealthIndex): AddressHealth[] {
  const addresses = [...new Set(places.map(targetAddress))].sort();
  return addresses.flatMap((address) => index.get(address) ?? []).slice(0, MAX_LISTED);
}

function withReport(edges: AddressHealth[], report: TargetReport, edge: string): AddressHealth[] {
  const one = asStatus(report, edge);
  const before = edges.find((each) => each.edge === one.edge);
  if (before !== undefined && !isWorse(report, before)) return edges;
  const others = edges.filter((each) => each !== before);
  return [...others, one].sort((a, b) => ((a.edge ?? '') < (b.edge ?? '') ? -1 : 1));
}

/** Down is worse than up, and of two that are down the one that is so longer. */
function isWorse(report: TargetReport, before: AddressHealth): boolean {
  if (report.healthy !== before.healthy) return before.healthy;
  return report.since < before.lastChange;
}

function asStatus({ address, healthy, since, lastError }: TargetReport, edge: string): AddressHealth {
  return {
    address,
    healthy,
    lastChange: since,
    ...(edge === '' ? {} : { edge }),
    ...(lastError === undefined ? {} : { reason: lastError }),
  };
}
