// SPDX-License-Identifier: Apache-2.0
import ipaddr from 'ipaddr.js';

type Network = [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

/** The network, or undefined where the text is no CIDR. */
export function parseCidr(text: string): Network | undefined {
  return ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : undefined;
}

/** True where two CIDRs share an address; false where one of them cannot be read or the families differ. */
export function overlap(one: string, other: string): boolean {
  const a = parseCidr(one);
  const b = parseCidr(other);
  if (!a || !b || a[0].kind() !== b[0].kind()) return false;
  return a[0].match(b[0], Math.min(a[1], b[1]));
}
