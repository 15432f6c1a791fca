// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@trunkline/crds';
import { isAddress, parseSipUri, uriHost } from '../policy/sip-uri.ts';

/** What health is kept of: the transport, host and port that a URI names, without user part and parameters. */
export interface TargetPlace {
  host: string;
  port?: number | undefined;
  transport: Transport;
}

/**
 * `udp/192.0.2.10:5060`: two URIs that lead to the same place share their health. A name without a port keeps none: DNS
 * gives ports with it (RFC 3263 §4.2), and all addresses behind the name are one target, since the engine tries them all
 * before it fails.
 */
export const targetAddress = ({ host, port, transport }: TargetPlace): string => {
  const known = port ?? (isAddress(host) ? defaultPort(transport) : undefined);
  return `${transport}/${uriHost(host.toLowerCase())}${known === undefined ? '' : `:${known}`}`;
};

/** The same of an INVITE's Request-URI. */
export const addressOfUri = (uri: string, transport: Transport): string => {
  const { host = '', port } = parseSipUri(uri) ?? {};
  return targetAddress({ host, port, transport });
};

const defaultPort = (transport: Transport): number => (transport === 'tls' ? 5061 : 5060);
