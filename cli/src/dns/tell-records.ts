// SPDX-License-Identifier: Apache-2.0
import { commonRecords, edgeRecords, SIP_HOST, type DnsEdge } from '@trunkline/operator';
import type { Io } from '../io.ts';
import { CommandError, UsageError } from '../usage-error.ts';
import { dnsEndpoint } from './dns-endpoint.ts';
import { zoneFile } from './zone-file.ts';

/** Flags of `dns` that say what is printed. */
export const DNS_FLAGS = {
  names: { type: 'boolean', default: false },
  'external-dns': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** What the records are made of. */
export interface DnsFacts {
  edges: DnsEdge[];
  /** Domains of trunks: `acme`, `branch.acme`. */
  domains: string[];
  baseDomain: string;
}

/** Prints the records in the wanted form. */
export function tellRecords(
  { edges, domains, baseDomain }: DnsFacts,
  flags: { names: boolean; 'external-dns': boolean; json: boolean },
  io: Io,
): void {
  if (flags.json && flags['external-dns'])
    throw new UsageError('--json and --external-dns: take one of them');
  if (edges.length === 0) throw new CommandError('there is no Edge: records are of edges');
  const hosts = flags.names ? [...new Set(domains)].sort() : ['*'];
  // With a wildcard, the name that SRV records lead to is there already.
  const ownHosts = flags.names ? [...hosts, SIP_HOST] : hosts;
  const common = commonRecords(edges, baseDomain, hosts);
  if (flags['external-dns']) io.stdout.write(dnsEndpoint(common));
  else {
    const all = [...common, ...edges.flatMap((edge) => edgeRecords(edge, baseDomain, ownHosts))];
    io.stdout.write(flags.json ? `${JSON.stringify(all, null, 2)}\n` : zoneFile(all, baseDomain));
  }
}
