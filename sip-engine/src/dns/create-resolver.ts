// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import { ParseError } from '../message/parse-error.ts';
import { parseSipUri, type SipUri } from '../message/sip-uri.ts';
import type { Hop, Protocol, Resolver } from '../transaction/contract.ts';
import { systemNameServer, type NameServer, type SrvTarget } from './name-server.ts';
import { orderSrv } from './srv-order.ts';
import { TimedCache, type CacheTimes } from './timed-cache.ts';

export interface ResolverOptions {
  nameServer?: NameServer;
  /** Default: 30 s for an answer, 2 s for none. */
  cache?: CacheTimes;
  /** 0 to 1, 1 excluded. */
  random?: () => number;
  /** Milliseconds. */
  now?: () => number;
}

const defaultPort = 5060;
/** More alternatives than these only make a caller wait. */
const mostHops = 16;

/**
 * RFC 3263 without NAPTR: a literal is taken as it is; with a port A and AAAA; else SRV of the transport (UDP where the
 * URI names none), then A and AAAA. Rejects with `DNS: ...` where nothing resolves.
 */
export function createResolver(options: ResolverOptions = {}): Resolver {
  const nameServer = options.nameServer ?? systemNameServer();
  const times = options.cache ?? { positive: 30_000, negative: 2_000 };
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const srv = new TimedCache<SrvTarget>(times, now);
  const hosts = new TimedCache<string>(times, now);

  const findAddresses = (host: string): Promise<string[]> =>
    isIP(host) > 0 ? Promise.resolve([host]) : hosts.get(host, () => nameServer.addresses(host));

  const toHops = async (protocol: Protocol, host: string, port: number): Promise<Hop[]> =>
    (await findAddresses(host)).map((address) => ({ protocol, address, port }));

  const followSrv = async (protocol: Protocol, host: string): Promise<Hop[]> => {
    const name = `_sip._${protocol}.${host}`;
    const targets = await srv.get(name, () => nameServer.srv(name));
    if (targets.length === 1 && targets[0]?.name === '')
      throw new Error(`DNS: ${host} offers no SIP over ${protocol}`);
    const found = orderSrv(targets, random).map(({ name: target, port }) => toHops(protocol, target, port));
    const settled = await Promise.allSettled(found);
    return settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  };

  return {
    resolve: async (text) => {
      const { host, port, protocol } = readTarget(text);
      if (isIP(host) > 0) return [{ protocol, address: host, port: port ?? defaultPort }];
      try {
        const bySrv = port === undefined ? await followSrv(protocol, host).catch(ignoreUnlessRefused) : [];
        const hops = bySrv.length > 0 ? bySrv : await toHops(protocol, host, port ?? defaultPort);
        if (hops.length > 0) return hops.slice(0, mostHops);
      } catch (error) {
        throw describe(error, host);
      }
      throw new Error(`DNS: no address for ${host}`);
    },
  };
}

function readTarget(text: string): { host: string; port: number | undefined; protocol: Protocol } {
  const uri = read(text);
  const transport = (uri.params.get('transport') ?? 'udp').toLowerCase();
  if (uri.scheme === 'sips' || transport === 'tls') throw new Error(`TLS is not available yet: ${text}`);
  if (transport !== 'udp' && transport !== 'tcp')
    throw new Error(`transport=${transport} is not available: use udp or tcp`);
  return { host: uri.host.toLowerCase().replace(/\.$/, ''), port: uri.port, protocol: transport };
}

function read(text: string): SipUri {
  try {
    return parseSipUri(text);
  } catch (error) {
    if (error instanceof ParseError) throw new Error(`no next hop: ${error.message}`, { cause: error });
    throw error;
  }
}

/** A name server that does not answer for SRV (many hosts files have no SRV at all) leaves the addresses. */
function ignoreUnlessRefused(error: unknown): Hop[] {
  if (error instanceof Error && error.message.startsWith('DNS: ')) throw error;
  return [];
}

function describe(error: unknown, host: string): Error {
  if (error instanceof Error && error.message.startsWith('DNS: ')) return error;
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new Error(`DNS: no answer for ${host} (${code})`, { cause: error });
}
