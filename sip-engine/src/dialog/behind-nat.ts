// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP } from 'node:net';
import { getHeader, parseSipUri } from '../message/index.ts';
import type { SipMessage, SipUri } from '../message/index.ts';
import type { Flow } from '../transaction/contract.ts';
import { formatHostPort } from '../transport/transport-error.ts';

/** Addresses that lead nowhere from outside (RFC 1918, 3927, 6598, 4193, 4291). */
const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv4');
privateNetworks.addSubnet('fc00::', 7, 'ipv6');
privateNetworks.addSubnet('fe80::', 10, 'ipv6');

/**
 * Where the peer's messages come from, in place of a Contact that does not lead there (RFC 3581 does the same for responses).
 * Undefined: Contact is to be followed, or the route that proxies have recorded.
 *
 * By itself, the engine follows a Contact unless it is a private address of somebody outside. With parity it distrusts every Contact
 * that is not the source, as drachtio-server does.
 */
export function wayBack(
  message: SipMessage,
  { contact: text, flow, parity }: { contact: string | undefined; flow: Flow; parity: boolean },
): string | undefined {
  const contact = readUri(text);
  if (contact === undefined || getHeader(message, 'Record-Route') !== undefined) return undefined;
  // A connection that was verified for a name is not found by its address.
  if (message.kind === 'response' && flow.protocol === 'tls') return undefined;
  const astray = parity ? isElsewhere(contact, message, flow) : isHidden(contact, flow);
  return astray ? sourceOf(flow) : undefined;
}

/** URI of who sent something. */
export function sourceOf({ protocol, remoteAddress, remotePort }: Flow): string {
  return `sip:${formatHostPort(remoteAddress, remotePort)};transport=${protocol}`;
}

function isElsewhere({ host, port }: SipUri, message: SipMessage, flow: Flow): boolean {
  if (host.toLowerCase() !== flow.remoteAddress.toLowerCase()) return true;
  // The port of a connection that the peer has opened says nothing, and a response comes from where the request went.
  const comparable = message.kind === 'request' && flow.protocol === 'udp';
  return comparable && port !== undefined && port !== flow.remotePort;
}

function isHidden({ host }: SipUri, { remoteAddress }: Flow): boolean {
  return isPrivate(host) && !isPrivate(remoteAddress);
}

function isPrivate(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && privateNetworks.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function readUri(text: string | undefined): SipUri | undefined {
  try {
    return text === undefined ? undefined : parseSipUri(text);
  } catch {
    return undefined;
  }
}
