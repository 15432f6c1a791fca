// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { tellRecords, type DnsFacts } from './tell-records.ts';

const facts: DnsFacts = {
  edges: [
    {
      labels: ['ashburn', 'us1'],
      addresses: ['198.51.100.4', '198.51.100.5'],
      ports: { udp: 5060, tcp: 5060, tls: 5061 },
    },
  ],
  domains: ['globex', 'acme', 'branch.acme'],
  baseDomain: 'example.com',
};

const tell = (flags: object = {}, given: Partial<DnsFacts> = {}): string => {
  let text = '';
  const stdout = { write: (part: string) => (text += part) };
  const io = { stdout, stderr: stdout, env: {} };
  tellRecords({ ...facts, ...given }, { names: false, 'external-dns': false, json: false, ...flags }, io);
  return text;
};
const namesIn = (zone: string) =>
  new Set(
    zone
      .split('\n')
      .filter((line) => line.includes(' IN '))
      .map((line) => line.split(' ')[0]),
  );

describe('trunkline dns', () => {
  it('is a zone file: one line a record, absolute names', () => {
    const zone = tell();
    expect(zone).toContain('\n*.pstn.us1.example.com. 600 IN A 198.51.100.5\n');
    expect(zone).toContain(
      '\n*.pstn.example.com. 600 IN NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.pstn.example.com.\n',
    );
    expect(zone.trimEnd().split('\n').slice(1)).toHaveLength(2 + 3 + 3 + 4);
  });

  it('has every trunk by name where that is asked for, and the name that SRV leads to', () => {
    expect(namesIn(tell({ names: true }))).toEqual(
      new Set(
        [
          ...['acme', 'branch.acme', 'globex'].flatMap((trunk) =>
            ['', 'ashburn.', 'us1.'].map((place) => `${trunk}.pstn.${place}example.com.`),
          ),
          ...['ashburn', 'us1'].map((place) => `sip.pstn.${place}.example.com.`),
          ...['_sip._udp', '_sip._tcp', '_sips._tcp'].map((srv) => `${srv}.pstn.example.com.`),
        ].sort(),
      ),
    );
  });

  it('is a DNSEndpoint of the names that no release of an edge has', () => {
    const { kind, spec } = parse(tell({ 'external-dns': true })) as {
      kind: string;
      spec: { endpoints: { dnsName: string; recordType: string; recordTTL: number; targets: string[] }[] };
    };
    expect(kind).toBe('DNSEndpoint');
    expect(spec.endpoints.map(({ dnsName, recordType }) => `${dnsName} ${recordType}`)).toEqual([
      '*.pstn.example.com A',
      '*.pstn.example.com NAPTR',
      '_sip._udp.pstn.example.com SRV',
      '_sip._tcp.pstn.example.com SRV',
      '_sips._tcp.pstn.example.com SRV',
    ]);
    // external-dns refuses targets of these two without the dot, and addresses with one.
    for (const { recordType, targets } of spec.endpoints)
      for (const target of targets) expect(target.endsWith('.')).toBe(recordType !== 'A');
  });

  it('says what is missing or too much', () => {
    expect(() => tell({}, { edges: [] })).toThrow(/there is no Edge/);
    expect(() => tell({ json: true, 'external-dns': true })).toThrow(/take one of them/);
    expect(JSON.parse(tell({ json: true }))).toContainEqual({
      name: '*.pstn.ashburn.example.com',
      type: 'A',
      ttl: 600,
      targets: ['198.51.100.4', '198.51.100.5'],
    });
  });
});
