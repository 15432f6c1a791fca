// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { CidrTable } from './cidr-table.ts';

const table = (...cidrs: string[]): CidrTable<string> => new CidrTable(cidrs.map((cidr) => [cidr, cidr]));

describe('CidrTable', () => {
  it.each([
    ['203.0.113.7/32', '203.0.113.7', true],
    ['203.0.113.7/32', '203.0.113.6', false],
    ['203.0.113.7/32', '203.0.113.8', false],
    ['203.0.113.0/29', '203.0.113.0', true],
    ['203.0.113.0/29', '203.0.113.7', true],
    ['203.0.113.0/29', '203.0.113.8', false],
    ['203.0.113.4/29', '203.0.113.1', true],
    ['198.51.100.0/22', '198.51.103.255', true],
    ['198.51.100.0/22', '198.51.104.0', false],
    ['198.51.100.0/22', '198.51.99.255', false],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['203.0.113.7', '203.0.113.7', true],
    ['2001:db8::/32', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['2001:db8::1/128', '2001:DB8:0:0:0:0:0:1', true],
    ['2001:db8::1/128', '2001:db8::2', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '192.0.2.1', false],
  ])('%s and %s: %s', (cidr, address, inside) => {
    expect(table(cidr).find(address)).toBe(inside ? cidr : undefined);
  });

  it('takes IPv4-mapped IPv6 as IPv4, on both sides', () => {
    expect(table('203.0.113.0/24').find('::ffff:203.0.113.9')).toBe('203.0.113.0/24');
    expect(table('::ffff:203.0.113.0/120').find('203.0.113.9')).toBe('::ffff:203.0.113.0/120');
    expect(table('::ffff:203.0.113.0/120').find('203.0.114.9')).toBeUndefined();
    expect(table('::/0').find('::ffff:203.0.113.9')).toBeUndefined();
  });

  it('finds the longest of several, whatever their order', () => {
    expect(table('192.0.2.0/24', '192.0.2.8/29', '0.0.0.0/0').find('192.0.2.9')).toBe('192.0.2.8/29');
    expect(table('192.0.2.0/24', '192.0.2.8/29', '0.0.0.0/0').find('192.0.2.1')).toBe('192.0.2.0/24');
  });

  it.each([
    '',
    '/',
    'nonsense',
    '203.0.113.0/33',
    '203.0.113.0/-1',
    '203.0.113.0/',
    '203.0.113/24',
    '010.0.0.1/8',
    '::/129',
    '::ffff:1.2.3.4/90',
  ])('admits nobody by the broken CIDR %j', (cidr) => {
    const broken = table(cidr);
    for (const address of ['203.0.113.1', '8.0.0.1', '10.0.0.1', '::1', '1.2.3.4']) {
      expect(broken.find(address)).toBeUndefined();
    }
  });

  it.each(['', 'x', '1.2.3', '256.1.1.1', ':::', '1.2.3.4.5', '0x7f.1'])(
    'finds nothing for the address %j',
    (address) => {
      expect(table('0.0.0.0/0', '::/0').find(address)).toBeUndefined();
    },
  );

  it('agrees with a plain comparison for any CIDRs and address', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, n]) => `${ip}/${n}`);
    const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([ip, n]) => `${ip}/${n}`);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(v4, v6), { maxLength: 8 }),
        fc.oneof(fc.ipV4(), fc.ipV6()),
        (cidrs, address) => {
          const parsed = ipaddr.process(address);
          const plain = cidrs.some((cidr) => {
            const [net, bits] = ipaddr.parseCIDR(cidr);
            if (net instanceof ipaddr.IPv6 && net.isIPv4MappedAddress()) {
              return bits >= 96 && parsed.kind() === 'ipv4' && parsed.match(net.toIPv4Address(), bits - 96);
            }
            return net.kind() === parsed.kind() && parsed.match(net, bits);
          });
          expect(table(...cidrs).find(address) !== undefined).toBe(plain);
        },
      ),
      { seed: 1 },
    );
  });
});
