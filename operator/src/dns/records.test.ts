// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { compiled, resource } from '../compile/fixtures.ts';
import { commonRecords, edgeRecords, type DnsEdge } from './records.ts';

const ports = { udp: 5060, tcp: 5070, tls: 5061 };
const ashburn: DnsEdge = {
  labels: ['ashburn', 'us1'],
  addresses: ['198.51.100.4', '2001:db8::4', '198.51.100.5'],
  ports,
};
const dublin: DnsEdge = { labels: ['dublin'], addresses: ['203.0.113.9'], ports: { ...ports, udp: 5090 } };

const lines = (records: ReturnType<typeof edgeRecords>) =>
  records.map(({ name, type, targets }) => `${name} ${type} ${targets.join(', ')}`);

describe('DNS records', () => {
  it('of an edge are its name and its region, for every trunk', () => {
    expect(lines(edgeRecords(ashburn, 'example.com'))).toEqual([
      '*.pstn.ashburn.example.com A 198.51.100.4, 198.51.100.5',
      '*.pstn.ashburn.example.com AAAA 2001:db8::4',
      '*.pstn.us1.example.com A 198.51.100.4, 198.51.100.5',
      '*.pstn.us1.example.com AAAA 2001:db8::4',
    ]);
  });

  it('of an edge are of named trunks alone where that is asked for', () => {
    expect(lines(edgeRecords(dublin, 'example.com', ['acme', 'branch.acme']))).toEqual([
      'acme.pstn.dublin.example.com A 203.0.113.9',
      'branch.acme.pstn.dublin.example.com A 203.0.113.9',
    ]);
  });

  it('that mean any edge have all addresses, the transports, and where each is spoken', () => {
    expect(lines(commonRecords([ashburn, dublin], 'example.com'))).toEqual([
      '*.pstn.example.com A 198.51.100.4, 198.51.100.5, 203.0.113.9',
      '*.pstn.example.com AAAA 2001:db8::4',
      '*.pstn.example.com NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.pstn.example.com., 20 10 "s" "SIP+D2T" "" _sip._tcp.pstn.example.com., 30 10 "s" "SIPS+D2T" "" _sips._tcp.pstn.example.com.',
      '_sip._udp.pstn.example.com SRV 10 10 5060 sip.pstn.ashburn.example.com., 10 10 5090 sip.pstn.dublin.example.com.',
      '_sip._tcp.pstn.example.com SRV 10 10 5070 sip.pstn.ashburn.example.com., 10 10 5070 sip.pstn.dublin.example.com.',
      '_sips._tcp.pstn.example.com SRV 10 10 5061 sip.pstn.ashburn.example.com., 10 10 5061 sip.pstn.dublin.example.com.',
    ]);
  });

  it('are none without an edge, and live for ten minutes', () => {
    expect(commonRecords([], 'example.com')).toEqual([]);
    expect(new Set(commonRecords([ashburn], 'example.com').map(({ ttl }) => ttl))).toEqual(new Set([600]));
  });

  it('are in the status of the Edge, without a region that means another', () => {
    const edge = (name: string, age: number) =>
      resource('Edge', name, { legacyRegion: 'us1', signalling: { addresses: ['198.51.100.4'] } }, { age });
    const { statuses } = compiled([edge('ashburn', 2), edge('dulles', 1)]);
    const names = (name: string) =>
      (statuses.get(`Edge/${name}`)?.['dnsRecords'] as { name: string }[]).map((each) => each.name);
    expect(names('ashburn')).toEqual(['*.pstn.ashburn.example.com', '*.pstn.us1.example.com']);
    expect(names('dulles')).toEqual(['*.pstn.dulles.example.com']);
  });
});
