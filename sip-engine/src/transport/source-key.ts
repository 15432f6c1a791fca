// SPDX-License-Identifier: Apache-2.0

/**
 * Who a source is, for limits: an IPv4 address; of an IPv6 address the first 64 bits, since whoever has one address of
 * such a network has them all.
 */
export function sourceKey(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length;
    for (let missing = 8 - groups.length - after; missing > 0 && groups.length < 4; missing -= 1)
      groups.push('0');
    if (groups.length < 4) groups.push(...tail.split(':'));
  }
  return `${groups.slice(0, 4).join(':').toLowerCase()}::/64`;
}
