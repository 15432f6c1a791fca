// SPDX-License-Identifier: Apache-2.0
import { isIPv6 } from 'node:net';
import type { Flow, Hop } from '../transaction/contract.ts';
import { isLoopback, isWildcard } from './local-address.ts';
import type { Intake } from './message-intake.ts';
import { noDrops } from './drop-counts.ts';
import { openListeners } from './open-listeners.ts';
import { showsProgress } from './progress.ts';
import { SourceGate } from './source-gate.ts';
import { TcpPool } from './tcp-pool.ts';
import { TlsIdentity, type TlsOptions } from './tls-identity.ts';
import { TransportError } from './transport-error.ts';
import type { ListenerSpec, ListeningAddress, Log, Maxima, TransportCounters } from './transport-settings.ts';
import type { ListenerContext, SendDone, UdpListener } from './udp-listener.ts';

export interface TransportOptions {
  listeners: ListenerSpec[];
  maxima: Maxima;
  log: Log;
  intake: Intake;
  /** What `tls` listeners and connections need. */
  tls?: TlsOptions | undefined;
}

/** Where a response goes when the connection that the request came on is gone (RFC 3261 §18.2.2). */
export interface ReplyTarget {
  flow: Flow;
  port: number;
}

/** Datagrams and streams: bytes out, whole messages in. */
export class TransportLayer {
  readonly counters: TransportCounters;
  readonly #udp: UdpListener[];
  readonly #tcp: TcpPool;
  readonly #gate: SourceGate;
  readonly #identity: TlsIdentity | undefined;
  #closed = false;

  private constructor(
    udp: UdpListener[],
    tcp: TcpPool,
    { counters, gate }: ListenerContext,
    identity: TlsIdentity | undefined,
  ) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.#gate = gate;
    this.#identity = identity;
    this.counters = counters;
  }

  /** Opens all listeners or none.  Rejects with the address that cannot be had. */
  static async open(options: TransportOptions): Promise<TransportLayer> {
    const counters = { received: 0, sent: 0, malformed: 0, pings: 0, connectionsRefused: 0, errors: 0 };
    const context: ListenerContext = {
      intake: options.intake,
      gate: new SourceGate(options.maxima.rate),
      counters: { ...counters, dropped: noDrops() },
      log: options.log,
    };
    const identity = options.tls === undefined ? undefined : new TlsIdentity(options.tls, options.log);
    const tcp = new TcpPool(context, options.maxima, identity);
    try {
      const udp = await openListeners(options.listeners, tcp, context);
      return new TransportLayer(udp, tcp, context, identity);
    } catch (error) {
      identity?.close();
      throw error;
    }
  }

  get listening(): ListeningAddress[] {
    return [...this.#udp.map(({ listening }) => listening), ...this.#tcp.listening];
  }

  get connections(): number {
    return this.#tcp.size;
  }

  /** The listener that speaks for us towards `hop`.  @throws TransportError where none can */
  localFor(hop: Hop): ListeningAddress {
    if (this.#closed) throw new TransportError('shutting down', hop);
    const all = this.listening.filter(({ protocol }) => protocol === hop.protocol);
    const local = choose(all, hop.address);
    if (local === undefined) {
      const family = isIPv6(hop.address) ? 'IPv6' : 'IPv4';
      throw new TransportError(`no ${family} listener for ${hop.protocol}`, hop);
    }
    return local;
  }

  /** Sends a request. `done` is called once, never before this returns, with the flow or a readable error. */
  send(bytes: Buffer, hop: Hop, local: ListeningAddress, done: SendDone): void {
    // Whom we call, or answer an answer of, is no stranger.
    this.#gate.vouch(hop.address, Date.now());
    if (hop.protocol !== 'udp') {
      this.#sendOnStream(bytes, hop, local, (error, flow) => {
        process.nextTick(done, error, flow);
      });
      return;
    }
    this.#udp.find(({ listening }) => listening === local)?.send(bytes, hop, done);
  }

  /** Repeats on the same flow, where there is one still. */
  resend(bytes: Buffer, flow: Flow): void {
    if (flow.connectionId === undefined) this.#udpOf(flow)?.send(bytes, hopOf(flow));
    else this.#tcp.byId(flow.connectionId)?.send(bytes);
  }

  /** Sends a response: back on the stream, or to the address it came from (RFC 3261 §18.2.2, RFC 3581 §4). */
  reply(bytes: Buffer, target: ReplyTarget, done?: SendDone): void {
    const { flow, port } = target;
    const now = Date.now();
    if (!this.#gate.isKnown(flow.remoteAddress, now) && showsProgress(bytes))
      this.#gate.vouch(flow.remoteAddress, now);
    if (flow.protocol === 'udp') {
      const hop: Hop = { protocol: 'udp', address: flow.remoteAddress, port };
      this.#udpOf(flow)?.send(bytes, hop, done);
      return;
    }
    const open = flow.connectionId === undefined ? undefined : this.#tcp.byId(flow.connectionId);
    if (open !== undefined) {
      open.send(bytes, done);
      return;
    }
    const hop: Hop = { protocol: flow.protocol, address: flow.remoteAddress, port };
    this.#sendOnStream(bytes, hop, undefined, done);
  }

  /** Calls `listener` when the flow's connection ends; returns how to stop that. */
  watch(flow: Flow, listener: (reason: string) => void): () => void {
    const connection = flow.connectionId === undefined ? undefined : this.#tcp.byId(flow.connectionId);
    connection?.onClose(listener);
    return () => {
      connection?.offClose(listener);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#identity?.close();
    await Promise.all([...this.#udp.map((listener) => listener.close()), this.#tcp.close()]);
  }

  #sendOnStream(bytes: Buffer, hop: Hop, local?: ListeningAddress, done?: SendDone): void {
    try {
      this.#tcp.obtain(hop, local ?? this.localFor(hop)).send(bytes, done);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      const { protocol, address: remoteAddress, port: remotePort } = hop;
      done?.(error, { protocol, localAddress: '', localPort: 0, remoteAddress, remotePort });
    }
  }

  #udpOf(flow: Flow): UdpListener | undefined {
    if (this.#udp.length === 1) return this.#udp[0];
    const onPort = this.#udp.filter(({ listening }) => listening.port === flow.localPort);
    return onPort.find(({ listening }) => listening.address === flow.localAddress) ?? onPort[0];
  }
}

function hopOf(flow: Flow): Hop {
  return { protocol: flow.protocol, address: flow.remoteAddress, port: flow.remotePort };
}

function choose(all: ListeningAddress[], remote: string): ListeningAddress | undefined {
  const family = all.filter(({ address }) => isIPv6(address) === isIPv6(remote));
  const sameReach = family.find(
    ({ address }) => !isWildcard(address) && isLoopback(address) === isLoopback(remote),
  );
  return sameReach ?? family.find(({ address }) => isWildcard(address)) ?? family[0];
}
