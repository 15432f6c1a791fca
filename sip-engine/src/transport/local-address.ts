// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

const wildcards = new Set(['0.0.0.0', '::']);
const lifetime = 10_000;

let known = new Map<string, string>();
let knownUntil = 0;

export function isWildcard(address: string): boolean {
  return wildcards.has(address);
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** Without the IPv4-mapped prefix and the zone that node:net puts on. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/**
 * The address to name in Via and Contact: the bound one; for a listener on every address the one of the interface
 * that shares a network with `remote`, else the first that is not loopback.
 */
export function advertisedAddress(bound: string, remote: string): string {
  if (!isWildcard(bound)) return bound;
  const now = Date.now();
  if (now > knownUntil || known.size > 10_000) {
    known = new Map();
    knownUntil = now + lifetime;
  }
  let found = known.get(remote);
  if (found === undefined) {
    found = findInterfaceAddress(remote);
    known.set(remote, found);
  }
  return found;
}

function findInterfaceAddress(remote: string): string {
  const family = isIPv6(remote) ? 'IPv6' : 'IPv4';
  if (isLoopback(remote)) return family === 'IPv6' ? '::1' : '127.0.0.1';
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((entry) => entry.family === family && !entry.internal);
  const near = own.find(({ address, cidr }) => {
    const network = new BlockList();
    network.addSubnet(
      address,
      Number((cidr ?? '').split('/')[1] ?? 128),
      family === 'IPv6' ? 'ipv6' : 'ipv4',
    );
    return network.check(remote, family === 'IPv6' ? 'ipv6' : 'ipv4');
  });
  return (near ?? own[0])?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1');
}
