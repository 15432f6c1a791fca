// SPDX-License-Identifier: Apache-2.0
import ipaddr from 'ipaddr.js';

type Parts = readonly number[];

/**
 * Addresses to values by the longest matching CIDR, compiled once: one hash look-up for every prefix length that
 * occurs, however many CIDRs there are. IPv4-mapped IPv6 (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2), which a dual-stack
 * socket reports for IPv4 peers, counts as IPv4 on both sides.
 */
export class CidrTable<T> {
  readonly #v4 = new Map<number, Map<string, T>>();
  readonly #v6 = new Map<number, Map<string, T>>();
  readonly #lengths4: number[];
  readonly #lengths6: number[];

  /** CIDRs that are none are left out: a broken entry may only ever admit less. A bare address is that one address. */
  constructor(entries: Iterable<readonly [cidr: string, value: T]>) {
    for (const [cidr, value] of entries) this.#add(cidr, value);
    this.#lengths4 = longestFirst(this.#v4);
    this.#lengths6 = longestFirst(this.#v6);
  }

  find(address: string): T | undefined {
    if (this.#lengths4.length + this.#lengths6.length === 0) return undefined;
    const parts = addressParts(address);
    if (parts === undefined) return undefined;
    const v4 = parts.length === 4;
    const table = v4 ? this.#v4 : this.#v6;
    for (const length of v4 ? this.#lengths4 : this.#lengths6) {
      const value = table.get(length)?.get(network(parts, length));
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #add(cidr: string, value: T): void {
    const parsed = parseCidr(cidr);
    if (parsed === undefined) return;
    const table = parsed.parts.length === 4 ? this.#v4 : this.#v6;
    const networks = table.get(parsed.length) ?? new Map<string, T>();
    table.set(parsed.length, networks);
    const key = network(parsed.parts, parsed.length);
    if (!networks.has(key)) networks.set(key, value);
  }
}

function longestFirst(table: Map<number, unknown>): number[] {
  return [...table.keys()].sort((a, b) => b - a);
}

/** 4 octets or 8 groups of 16 bits; undefined where the text is no address. */
function addressParts(address: string): Parts | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address).octets;
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return undefined;
  const v6 = ipaddr.IPv6.parse(address);
  return v6.isIPv4MappedAddress() ? v6.toIPv4Address().octets : v6.parts;
}

function parseCidr(cidr: string): { parts: Parts; length: number } | undefined {
  const slash = cidr.indexOf('/');
  const parts = addressParts(slash < 0 ? cidr : cidr.slice(0, slash));
  if (parts === undefined) return undefined;
  const bits = parts.length === 4 ? 32 : 128;
  if (slash < 0) return { parts, length: bits };
  const text = cidr.slice(slash + 1);
  if (!/^\d{1,3}$/.test(text)) return undefined;
  const written = Number(text);
  const mapped = bits === 32 && cidr.includes(':');
  const length = mapped ? written - 96 : written;
  return length >= 0 && length <= bits ? { parts, length } : undefined;
}

/** The first `length` bits, as a key. */
function network(parts: Parts, length: number): string {
  const width = parts.length === 4 ? 8 : 16;
  let key = '';
  for (let i = 0, left = length; left > 0; i++, left -= width) {
    const part = parts[i] ?? 0;
    key += String.fromCharCode(left >= width ? part : part & (~0 << (width - left)));
  }
  return key;
}
