// SPDX-License-Identifier: Apache-2.0
import { lookup, Resolver } from 'node:dns/promises';

export interface SrvTarget {
  name: string;
  port: number;
  priority: number;
  weight: number;
}

/** A NAPTR record of a SIP domain that leads to SRV or to an address (RFC 3263 §4.1). */
export interface NaptrTarget {
  order: number;
  preference: number;
  /** `s`: the replacement has SRV records; `a`: it has addresses. */
  flags: string;
  /** `SIP+D2U`, `SIP+D2T`, `SIPS+D2T`, ... */
  service: string;
  replacement: string;
}

/** What the resolver asks; injectable for tests. An empty list means: no such record. Anything else rejects. */
export interface NameServer {
  srv(name: string): Promise<SrvTarget[]>;
  /** Absent: this name server has none. */
  naptr?(domain: string): Promise<NaptrTarget[]>;
  /** IPv4 and IPv6 literals. */
  addresses(host: string): Promise<string[]>;
}

const absent = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_NONAME']);
/** No record, or no name server to ask: the hosts file may know. */
const elsewhere = new Set([...absent, 'ECONNREFUSED']);

/**
 * The system's. Names are asked of the servers in resolv.conf, with a limit that fits the 4 s of a hunting call; what they do not
 * have, and names without a dot, go to getaddrinfo, which knows the hosts file and the search list. Not everything goes there: it holds one of
 * node's four threads for as long as a dead server keeps it waiting, and then nobody resolves anything.
 */
export function systemNameServer(): NameServer {
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  const fromSystem = async (host: string): Promise<string[]> => {
    const found = await orNone(lookup(host, { all: true, order: 'ipv4first' }), absent);
    return found.map(({ address }) => address);
  };
  return {
    srv: (name) => orNone(resolver.resolveSrv(name), absent),
    naptr: (domain) => orNone(resolver.resolveNaptr(domain), elsewhere),
    addresses: async (host) => {
      if (!host.includes('.')) return await fromSystem(host);
      const [v4, v6] = await Promise.all([
        orNone(resolver.resolve4(host), elsewhere),
        // One family is enough.
        resolver.resolve6(host).catch(() => []),
      ]);
      return v4.length + v6.length > 0 ? [...v4, ...v6] : await fromSystem(host);
    },
  };
}

async function orNone<T>(answer: Promise<T[]>, codes: Set<string>): Promise<T[]> {
  try {
    return await answer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && codes.has(code)) return [];
    throw error;
  }
}
