// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import { ParseError } from '../message/parse-error.ts';
import { parseSipUri, type SipUri } from '../message/sip-uri.ts';
import type { Hop, Protocol, Resolver } from '../transaction/contract.ts';
import { systemNameServer, type NameServer, type NaptrTarget, type SrvTarget } from './name-server.ts';
import { orderSrv } from './srv-order.ts';
import { TimedCache, type CacheTimes } from './timed-cache.ts';

export interface ResolverOptions {
  nameServer?: NameServer;
  /** Default: 30 s for an answer, 2 s for none. */
  cache?: CacheTimes;
  /** What we can send by. Default: UDP and TCP. */
  protocols?: ReadonlySet<Protocol>;
  /** 0 to 1, 1 excluded. */
  random?: () => number;
  /** Milliseconds. */
  now?: () => number;
}

/** What a URI says of its target. */
interface Target {
  host: string;
  port: number | undefined;
  /** Absent: the URI leaves it to NAPTR. */
  protocol: Protocol | undefined;
  secure: boolean;
}

/** One step of RFC 3263 §4.1: where to look for servers, and by what to reach them. */
interface Service {
  protocol: Protocol;
  /** Name of SRV records; absent: `host` has addresses. */
  srv?: string;
  host: string;
}

const SERVICES: Record<string, Protocol> = { 'SIP+D2U': 'udp', 'SIP+D2T': 'tcp', 'SIPS+D2T': 'tls' };
const defaultPort = (protocol: Protocol): number => (protocol === 'tls' ? 5061 : 5060);
/** More alternatives than these only make a caller wait. */
const mostHops = 16;

/**
 * RFC 3263: a literal is taken as it is; with a port A and AAAA; with a transport SRV of that transport; else NAPTR. Where there
 * is neither NAPTR nor SRV: A and AAAA, by UDP. Rejects with `DNS: ...` where nothing resolves.
 */
export function createResolver(options: ResolverOptions = {}): Resolver {
  const search = new Search(options);
  return {
    resolve: async (text) => {
      const target = readTarget(text, search.protocols);
      try {
        const hops = await search.hops(target);
        if (hops.length > 0) return hops.slice(0, mostHops).map((hop) => named(hop, target.host));
      } catch (error) {
        throw describe(error, target.host);
      }
      throw new Error(`DNS: no address for ${target.host}`);
    },
  };
}

class Search {
  readonly protocols: ReadonlySet<Protocol>;
  readonly #nameServer: NameServer;
  readonly #random: () => number;
  readonly #naptr: TimedCache<NaptrTarget>;
  readonly #srv: TimedCache<SrvTarget>;
  readonly #hosts: TimedCache<string>;

  constructor(options: ResolverOptions) {
    const times = options.cache ?? { positive: 30_000, negative: 2_000 };
    const now = options.now ?? Date.now;
    this.protocols = options.protocols ?? new Set(['udp', 'tcp']);
    this.#nameServer = options.nameServer ?? systemNameServer();
    this.#random = options.random ?? Math.random;
    this.#naptr = new TimedCache(times, now);
    this.#srv = new TimedCache(times, now);
    this.#hosts = new TimedCache(times, now);
  }

  async hops(target: Target): Promise<Hop[]> {
    const { host, port, secure } = target;
    const protocol = target.protocol ?? (secure ? 'tls' : 'udp');
    if (isIP(host) > 0 || port !== undefined)
      return await this.#addresses(protocol, host, port ?? defaultPort(protocol));
    const services = await this.#services(target);
    const found = await Promise.allSettled(services.map((service) => this.#servers(service)));
    const hops = found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    if (hops.length > 0) return hops;
    // What one service refuses another may offer; where none does, addresses are no way round.
    const refused = found.find((result) => result.status === 'rejected');
    if (refused !== undefined) throw refused.reason;
    return await this.#addresses(protocol, host, defaultPort(protocol));
  }

  async #services({ host, protocol, secure }: Target): Promise<Service[]> {
    if (protocol !== undefined) return [{ protocol, host, srv: srvName(protocol, host) }];
    const byNaptr = (await this.#naptrOf(host)).filter((service) => !secure || service.protocol === 'tls');
    if (byNaptr.length > 0) return byNaptr;
    const usual: Protocol[] = secure ? ['tls'] : ['udp', 'tcp'];
    const usable = usual.filter((candidate) => this.protocols.has(candidate));
    return usable.map((candidate) => ({ protocol: candidate, host, srv: srvName(candidate, host) }));
  }

  async #naptrOf(host: string): Promise<Service[]> {
    const ask = (): Promise<NaptrTarget[]> => this.#nameServer.naptr?.(host) ?? Promise.resolve([]);
    // Many name servers of small networks answer nothing but addresses.
    const records = await this.#naptr.get(host, ask).catch(() => []);
    return records
      .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
      .flatMap(({ flags, service, replacement }): Service[] => {
        const protocol = SERVICES[service.toUpperCase()];
        if (protocol === undefined || !this.protocols.has(protocol) || replacement === '') return [];
        const byAddress = flags.toLowerCase() === 'a';
        return [{ protocol, host: replacement, ...(byAddress ? {} : { srv: replacement }) }];
      });
  }

  async #servers({ protocol, host, srv }: Service): Promise<Hop[]> {
    if (srv === undefined) return await this.#addresses(protocol, host, defaultPort(protocol));
    const targets = await this.#srv.get(srv, () => this.#nameServer.srv(srv)).catch(() => []);
    if (targets.length === 1 && targets[0]?.name === '')
      throw new Error(`DNS: ${host} offers no SIP over ${protocol}`);
    const found = orderSrv(targets, this.#random).map(({ name, port }) =>
      this.#addresses(protocol, name, port),
    );
    const settled = await Promise.allSettled(found);
    return settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  }

  async #addresses(protocol: Protocol, host: string, port: number): Promise<Hop[]> {
    const literal = isIP(host) > 0;
    const found = literal ? [host] : await this.#hosts.get(host, () => this.#nameServer.addresses(host));
    return found.map((address) => ({ protocol, address, port }));
  }
}

const srvName = (protocol: Protocol, host: string): string =>
  protocol === 'tls' ? `_sips._tcp.${host}` : `_sip._${protocol}.${host}`;

/** Whoever answers at the address must be the domain that was asked for (RFC 5922 §7.1). */
const named = (hop: Hop, host: string): Hop =>
  hop.protocol === 'tls' && isIP(host) === 0 ? { ...hop, serverName: host } : hop;

function readTarget(text: string, protocols: ReadonlySet<Protocol>): Target {
  const uri = read(text);
  const secure = uri.scheme === 'sips';
  const given = uri.params.get('transport')?.toLowerCase();
  // RFC 3261 §26.2.2: sips over a reliable transport means TLS.
  const protocol = secure && (given === undefined || given === 'tcp') ? 'tls' : given;
  if (protocol !== undefined && !isProtocol(protocol, protocols)) {
    throw new Error(
      protocol === 'tls'
        ? `TLS is not set up here: ${text}`
        : `transport=${protocol} is not available: use ${[...protocols].join(' or ')}`,
    );
  }
  const leaveToNaptr = secure && given === undefined;
  const host = uri.host.toLowerCase().replace(/\.$/, '');
  return { host, port: uri.port, protocol: leaveToNaptr ? undefined : protocol, secure };
}

const isProtocol = (text: string, protocols: ReadonlySet<Protocol>): text is Protocol =>
  protocols.has(text as Protocol);

function read(text: string): SipUri {
  try {
    return parseSipUri(text);
  } catch (error) {
    if (error instanceof ParseError) throw new Error(`no next hop: ${error.message}`, { cause: error });
    throw error;
  }
}

function describe(error: unknown, host: string): Error {
  if (error instanceof Error && error.message.startsWith('DNS: ')) return error;
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new Error(`DNS: no answer for ${host} (${code})`, { cause: error });
}
