// SPDX-License-Identifier: Apache-2.0
import { connect, createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Hop } from '../transaction/contract.ts';
import { advertisedAddress, isLoopback, isWildcard, plainAddress } from './local-address.ts';
import { TcpConnection } from './tcp-connection.ts';
import { formatHostPort, TransportError } from './transport-error.ts';
import type { ListeningAddress, Maxima } from './transport-settings.ts';
import type { ListenerContext } from './udp-listener.ts';

/** All TCP: listeners, and one connection per remote address and port, whoever opened it. */
export class TcpPool {
  readonly listening: ListeningAddress[] = [];
  readonly #servers: Server[] = [];
  readonly #byId = new Map<number, TcpConnection>();
  readonly #byRemote = new Map<string, TcpConnection>();
  readonly #context: ListenerContext;
  readonly #maxima: Maxima;
  #lastId = 0;
  /** Open connections that we opened. */
  #opened = 0;

  constructor(context: ListenerContext, maxima: Maxima) {
    this.#context = context;
    this.#maxima = maxima;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Rejects with the system's error where the address cannot be had. */
  async listen(host: string, port: number): Promise<ListeningAddress> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, ipv6Only: isIPv6(host), backlog: 1024 }, resolve);
    });
    server.removeAllListeners('error');
    const bound = server.address() as AddressInfo;
    const listening: ListeningAddress = { protocol: 'tcp', address: bound.address, port: bound.port };
    let open = 0;
    server.on('error', (error) => {
      this.#context.log.warn({ err: error }, 'TCP listener error');
    });
    server.on('connection', (socket) => {
      if (open >= this.#maxima.connections) {
        this.#context.counters.connectionsRefused += 1;
        socket.destroy();
        return;
      }
      open += 1;
      socket.once('close', () => {
        open -= 1;
      });
      this.#accept(socket, listening);
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
    const existing = this.#byRemote.get(formatHostPort(hop.address, hop.port));
    if (existing?.usable === true) return existing;
    if (this.#opened >= this.#maxima.connections) throw new TransportError('too many open connections', hop);
    const socket = connect({
      host: hop.address,
      port: hop.port,
      // The source address peers know us by, where that can reach them.
      ...(!isWildcard(local.address) && isLoopback(local.address) === isLoopback(hop.address)
        ? { localAddress: local.address }
        : {}),
    });
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
    await Promise.all(closed);
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
      { protocol: 'tcp', address: plainAddress(remoteAddress), port: remotePort },
      listening,
    );
  }

  #adopt(socket: Socket, remote: Hop, local: ListeningAddress): TcpConnection {
    this.#lastId += 1;
    const connectionId = this.#lastId;
    const flow = {
      protocol: 'tcp' as const,
      localAddress: advertisedAddress(local.address, remote.address),
      localPort: local.port,
      remoteAddress: remote.address,
      remotePort: remote.port,
      connectionId,
    };
    const connection = new TcpConnection(socket, flow, this.#context, this.#maxima);
    const key = formatHostPort(remote.address, remote.port);
    this.#byId.set(connectionId, connection);
    this.#byRemote.set(key, connection);
    connection.onClose(() => {
      this.#byId.delete(connectionId);
      if (this.#byRemote.get(key) === connection) this.#byRemote.delete(key);
    });
    return connection;
  }
}
