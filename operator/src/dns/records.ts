// SPDX-License-Identifier: Apache-2.0

/** As in `status.dnsRecords` of an Edge. Names without the dot at their end; targets as in a zone file. */
export interface DnsRecord {
  name: string;
  type: 'A' | 'AAAA' | 'NAPTR' | 'SRV';
  /** Seconds. */
  ttl: number;
  targets: string[];
}

/** An edge as DNS sees it. */
export interface DnsEdge {
  /** Its name, then its legacy region, where that means this edge. */
  labels: string[];
  addresses: string[];
  ports: { udp: number; tcp: number; tls: number };
}

/** A change of addresses is everywhere within ten minutes (DESIGN §3). */
export const DNS_TTL_SECONDS = 600;

/** Stands for every trunk: RFC 4592, also for domains of several labels. A new trunk needs no change of DNS. */
const EVERY_TRUNK = '*';

/** Names of one edge: `*.pstn.ashburn.example.com`, or of the hosts that are named. */
export function edgeRecords(
  { labels, addresses }: DnsEdge,
  baseDomain: string,
  hosts: readonly string[] = [EVERY_TRUNK],
): DnsRecord[] {
  return labels.flatMap((label) =>
    hosts.flatMap((host) => addressRecords(`${host}.pstn.${label}.${baseDomain}`, addresses)),
  );
}

/**
 * Names that mean any edge: the addresses of all for those who look up nothing else, and for those who follow RFC 3263 §4 the
 * transports (NAPTR, UDP first as in our URIs) and the edges with their ports (SRV), which share the calls.
 */
export function commonRecords(
  edges: readonly DnsEdge[],
  baseDomain: string,
  hosts: readonly string[] = [EVERY_TRUNK],
): DnsRecord[] {
  if (edges.length === 0) return [];
  const addresses = [...new Set(edges.flatMap((edge) => edge.addresses))];
  const naptr = TRANSPORTS.map(
    ({ service, srv }, index) => `${(index + 1) * 10} 10 "s" "${service}" "" ${srv}.pstn.${baseDomain}.`,
  );
  return [
    ...hosts.flatMap((host) => {
      const name = `${host}.pstn.${baseDomain}`;
      return [...addressRecords(name, addresses), record(name, 'NAPTR', naptr)];
    }),
    ...TRANSPORTS.map(({ srv, port }) => {
      const targets = edges.map((edge) => `10 10 ${edge.ports[port]} ${sipHost(edge, baseDomain)}.`);
      return record(`${srv}.pstn.${baseDomain}`, 'SRV', targets);
    }),
  ];
}

const TRANSPORTS = [
  { service: 'SIP+D2U', srv: '_sip._udp', port: 'udp' },
  { service: 'SIP+D2T', srv: '_sip._tcp', port: 'tcp' },
  { service: 'SIPS+D2T', srv: '_sips._tcp', port: 'tls' },
] as const;

/** Where SRV records lead: a name of the edge, which its own records have. */
export const SIP_HOST = 'sip';

function sipHost({ labels }: DnsEdge, baseDomain: string): string {
  return `${SIP_HOST}.pstn.${labels[0] ?? ''}.${baseDomain}`;
}

function addressRecords(name: string, addresses: readonly string[]): DnsRecord[] {
  const v6 = addresses.filter((address) => address.includes(':'));
  const v4 = addresses.filter((address) => !address.includes(':'));
  return [
    ...(v4.length > 0 ? [record(name, 'A', v4)] : []),
    ...(v6.length > 0 ? [record(name, 'AAAA', v6)] : []),
  ];
}

function record(name: string, type: DnsRecord['type'], targets: string[]): DnsRecord {
  return { name, type, ttl: DNS_TTL_SECONDS, targets };
}
