// SPDX-License-Identifier: Apache-2.0
import { isIPv6, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Hop } from '../transaction/contract.ts';
import { ConnectionQuota } from './connection-quota.ts';
import { advertisedAddress, isLoopback, isWildcard, plainAddress } from './local-address.ts';
import { openSocket, openTcpServer, openTlsServer, type StreamServer } from './open-socket.ts';
import { TcpConnection } from './tcp-connection.ts';
import type { TlsIdentity } from './tls-identity.ts';
import { describeSystemError, formatHostPort, TransportError } from './transport-error.ts';
import type { ListeningAddress, Maxima } from './transport-settings.ts';
import type { ListenerContext } from './udp-listener.ts';

/** All TCP and TLS: listeners, and one connection per remote address and port, whoever opened it (RFC 5923). */
export class TcpPool {
  readonly listening: ListeningAddress[] = [];
  readonly #servers: Server[] = [];
  readonly #quotas: ConnectionQuota[] = [];
  readonly #byId = new Map<number, TcpConnection>();
  readonly #byRemote = new Map<string, TcpConnection>();
  readonly #context: ListenerContext;
  readonly #maxima: Maxima;
  readonly #identity: TlsIdentity | undefined;
  #lastId = 0;
  /** Open connections that we opened. */
  #opened = 0;

  constructor(context: ListenerContext, maxima: Maxima, identity?: TlsIdentity) {
    this.#context = context;
    this.#maxima = maxima;
    this.#identity = identity;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Rejects with the system's error where the address cannot be had. */
  async listen(host: string, port: number, protocol: StreamProtocol = 'tcp'): Promise<ListeningAddress> {
    const { server, onRaw, onReady } = this.#newServer(protocol);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, ipv6Only: isIPv6(host), backlog: 1024 }, resolve);
    });
    server.removeAllListeners('error');
    const bound = server.address() as AddressInfo;
    const listening: ListeningAddress = { protocol, address: bound.address, port: bound.port };
    const quota = new ConnectionQuota(this.#maxima);
    this.#quotas.push(quota);
    server.on('error', (error) => {
      this.#context.log.warn({ err: error }, `${protocol.toUpperCase()} listener error`);
    });
    onRaw((socket) => {
      const excess = quota.enter(socket);
      if (excess === undefined) return;
      this.#context.counters.connectionsRefused += 1;
      this.#context.counters.dropped[excess] += 1;
      socket.destroy();
    });
    onReady((socket) => {
      if (!socket.destroyed) this.#accept(socket, listening);
    });
    server.on('tlsClientError', (error: Error, socket: Socket) => {
      // Node leaves a handshake that took too long to whoever is told.
      socket.destroy();
      this.#context.counters.errors += 1;
      this.#context.counters.dropped.handshake += 1;
      const from = socket.remoteAddress;
      this.#context.log.debug({ reason: describeSystemError(error), from }, 'TLS not agreed on');
    });
    this.#servers.push(server);
    this.listening.push(listening);
    return listening;
  }

  byId(id: number): TcpConnection | undefined {
    const connection = this.#byId.get(id);
    return connection?.usable === true ? connection : undefined;
  }

  /** The connection to that address and port: the one there is, else a new one from `local`.  @throws TransportError at the maximum */
  obtain(hop: Hop, local: ListeningAddress): TcpConnection {
    const existing = this.#byRemote.get(keyOf(hop));
    if (existing?.usable === true) return existing;
    if (this.#opened >= this.#maxima.connections) throw new TransportError('too many open connections', hop);
    // The source address peers know us by, where that can reach them.
    const ours = !isWildcard(local.address) && isLoopback(local.address) === isLoopback(hop.address);
    const socket = openSocket(hop, ours ? local.address : undefined, this.#identity);
    this.#opened += 1;
    socket.once('close', () => {
      this.#opened -= 1;
    });
    return this.#adopt(socket, hop, local);
  }

  async close(): Promise<void> {
    const closed = this.#servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => {
            resolve();
          });
        }),
    );
    for (const connection of this.#byId.values()) connection.destroy('shutting down');
    for (const quota of this.#quotas) quota.destroyAll();
    await Promise.all(closed);
  }

  #newServer(protocol: StreamProtocol): StreamServer {
    if (protocol === 'tcp') return openTcpServer();
    if (this.#identity) return openTlsServer(this.#identity, this.#maxima.handshake);
    throw new Error('TLS needs a certificate and its key');
  }

  #accept(socket: Socket, listening: ListeningAddress): void {
    const { remoteAddress, remotePort } = socket;
    // Gone before we looked.
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    this.#adopt(
      socket,
      { protocol: listening.protocol, address: plainAddress(remoteAddress), port: remotePort },
      listening,
    );
  }

  #adopt(socket: Socket, remote: Hop, local: ListeningAddress): TcpConnection {
    this.#lastId += 1;
    const connectionId = this.#lastId;
    const flow = {
      protocol: remote.protocol,
      localAddress: advertisedAddress(local.address, remote.address),
      localPort: local.port,
      remoteAddress: remote.address,
      remotePort: remote.port,
      connectionId,
    };
    const connection = new TcpConnection(socket, flow, this.#context, this.#maxima);
    this.#byId.set(connectionId, connection);
    const keys = keysOf(remote);
    for (const key of keys) this.#byRemote.set(key, connection);
    connection.onClose(() => {
      this.#byId.delete(connectionId);
      for (const key of keys) if (this.#byRemote.get(key) === connection) this.#byRemote.delete(key);
    });
    return connection;
  }
}

type StreamProtocol = Exclude<ListeningAddress['protocol'], 'udp'>;

/** A connection verified for one domain is not another domain's (RFC 5923 §9). */
const keyOf = ({ protocol, address, port, serverName = '' }: Hop): string =>
  `${protocol} ${formatHostPort(address, port)} ${serverName}`;

/** Requests within a dialog go to the address in Contact, which names no domain: any connection to it will do. */
const keysOf = (remote: Hop): string[] => {
  const { protocol, address, port } = remote;
  return [keyOf({ protocol, address, port }), keyOf(remote)];
};
