// SPDX-License-Identifier: Apache-2.0
import type { TcpPool } from './tcp-pool.ts';
import { formatHostPort } from './transport-error.ts';
import type { ListenerSpec } from './transport-settings.ts';
import { UdpListener, type ListenerContext } from './udp-listener.ts';

const attempts = 20;

/**
 * Opens every listener; those over UDP and TCP that ask for port 0 on one host share one free port, so that one `host:port` names the
 * engine over UDP and TCP. Rejects, with nothing left open, naming the address that cannot be had.
 */
export async function openListeners(
  specs: ListenerSpec[],
  tcp: TcpPool,
  context: ListenerContext,
): Promise<UdpListener[]> {
  const opened: UdpListener[] = [];
  try {
    for (const group of groupByAnyPort(specs)) opened.push(...(await openGroup(group, tcp, context)));
    return opened;
  } catch (error) {
    await Promise.all([...opened.map((listener) => listener.close()), tcp.close()]);
    throw error;
  }
}

/** Listeners that must agree on a port; TCP sorts before UDP. */
function groupByAnyPort(specs: ListenerSpec[]): ListenerSpec[][] {
  const shares = ({ port, protocol }: ListenerSpec): boolean => port === 0 && protocol !== 'tls';
  const fixed = specs.filter((spec) => !shares(spec)).map((spec) => [spec]);
  const hosts = new Set(specs.filter(shares).map(({ host }) => host));
  const free = [...hosts].map((host) =>
    specs
      .filter((spec) => shares(spec) && spec.host === host)
      .sort((a, b) => a.protocol.localeCompare(b.protocol)),
  );
  return [...fixed, ...free];
}

async function openGroup(
  group: ListenerSpec[],
  tcp: TcpPool,
  context: ListenerContext,
): Promise<UdpListener[]> {
  const [first, second] = group;
  if (first === undefined) return [];
  if (second === undefined || first.protocol === second.protocol) {
    const all = await Promise.all(group.map((spec) => openOne(spec, tcp, context)));
    return all.filter((listener) => listener !== undefined);
  }
  // UDP first: its socket is cheap to give back when TCP has that port taken.
  for (let attempt = 1; ; attempt += 1) {
    const udp = await UdpListener.open(second.host, 0, context);
    try {
      await tcp.listen(first.host, udp.listening.port);
      return [udp];
    } catch (error) {
      await udp.close();
      if (attempt === attempts) throw error;
    }
  }
}

async function openOne(
  spec: ListenerSpec,
  tcp: TcpPool,
  context: ListenerContext,
): Promise<UdpListener | undefined> {
  try {
    if (spec.protocol === 'udp') return await UdpListener.open(spec.host, spec.port, context);
    await tcp.listen(spec.host, spec.port, spec.protocol);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot listen on ${spec.protocol}/${formatHostPort(spec.host, spec.port)}: ${reason}`, {
      cause: error,
    });
  }
}
