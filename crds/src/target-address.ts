// SPDX-License-Identifier: Apache-2.0
import { isIP, isIPv6 } from 'node:net';
import type { Transport } from './edge-config.ts';

/** What health is kept of: the transport, host and port that a URI names, without user part and parameters. */
export interface TargetPlace {
  /** IPv6 without brackets. */
  host: string;
  port?: number | undefined;
  transport: Transport;
}

/** Health of one place, as one proxy tells it with its acknowledgement. */
export interface TargetReport {
  /** A `targetAddress`. */
  address: string;
  healthy: boolean;
  /** RFC 3339. */
  since: string;
  /** Why the last try failed. */
  lastError?: string;
}

/**
 * `udp/192.0.2.10:5060`: two URIs that lead to the same place share their health. A name without a port keeps none: DNS
 * gives ports with it (RFC 3263 §4.2), and all addresses behind the name are one target, since the engine tries them all
 * before it fails.
 */
export function targetAddress({ host, port, transport }: TargetPlace): string {
  const known = port ?? (isIP(host) > 0 ? defaultPort(transport) : undefined);
  const name = isIPv6(host) ? `[${host}]` : host;
  return `${transport}/${name.toLowerCase()}${known === undefined ? '' : `:${known}`}`;
}

function defaultPort(transport: Transport): number {
  return transport === 'tls' ? 5061 : 5060;
}
