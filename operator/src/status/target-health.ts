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

/** Where an OriginationUri leads, as each edge sees it. `secure`: its trunk is. Empty where nobody has tried yet. */
export function originationUriHealth(
  { spec }: OriginationUri,
  secure: boolean,
  proxies: readonly ProxyHealth[],
): AddressHealth[] {
  const parsed = parseOriginationUri(spec.sipUri);
  if (!spec.enabled || !parsed.ok) return [];
  const { host, port, transport } = parsed.uri;
  return placesHealth([{ host, port, transport: secure ? 'tls' : transport }], proxies);
}

/** The gateways of a Carrier, as each edge sees them. */
export function carrierHealth({ spec }: Carrier, proxies: readonly ProxyHealth[]): AddressHealth[] {
  return placesHealth(
    spec.gateways.filter(({ enabled }) => enabled),
    proxies,
  );
}

/** Proxies of one edge may disagree: where one cannot reach a place, its calls go elsewhere, and that is worth knowing. */
function placesHealth(places: readonly TargetPlace[], proxies: readonly ProxyHealth[]): AddressHealth[] {
  const addresses = new Set(places.map(targetAddress));
  const found = new Map<string, AddressHealth>();
  for (const { edge, health } of proxies) {
    for (const report of health) {
      if (!addresses.has(report.address)) continue;
      const key = `${report.address} ${edge}`;
      const before = found.get(key);
      if (before === undefined || isWorse(report, before)) found.set(key, asStatus(report, edge));
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, health]) => health);
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
