// SPDX-License-Identifier: Apache-2.0
import { parseMessage } from '../../message/parse-message.ts';
import type { SipMessage, SipRequest } from '../../message/sip-message.ts';
import { readEssentials } from '../../message/validate-message.ts';
import type { ReceivedMessage } from '../../transport/message-intake.ts';
import { TransportError } from '../../transport/transport-error.ts';
import { noDrops } from '../../transport/drop-counts.ts';
import type { ListeningAddress, TransportCounters } from '../../transport/transport-settings.ts';
import type { SendDone } from '../../transport/udp-listener.ts';
import type { ReplyTarget } from '../../transport/transport-layer.ts';
import type { Flow, Hop, Protocol } from '../contract.ts';
import type { Transport } from '../transaction-context.ts';

/** A network of lists, for tests only: what went out, and a switch for every way it can fail. */
export class SimulatedTransport implements Transport {
  readonly sent: { message: SipMessage; to: string }[] = [];
  readonly listening: ListeningAddress[] = [
    { protocol: 'udp', address: '192.0.2.1', port: 5060 },
    { protocol: 'tcp', address: '192.0.2.1', port: 5060 },
  ];
  readonly counters: TransportCounters = {
    received: 0,
    sent: 0,
    malformed: 0,
    pings: 0,
    connectionsRefused: 0,
    errors: 0,
    dropped: noDrops(),
  };
  readonly connections = 0;
  /** `address:port`, or `tcp/address:port`, that refuse. */
  readonly refusing = new Set<string>();
  /** The same, that never connect. */
  readonly silent = new Set<string>();
  readonly #watchers = new Map<number, (reason: string) => void>();
  /** The last one that went out, also after `take`. */
  lastRequest: SipRequest | undefined;
  closed = false;

  localFor(hop: Hop): ListeningAddress {
    const local = this.listening.find(({ protocol }) => protocol === hop.protocol);
    if (local === undefined) throw new TransportError(`no listener for ${hop.protocol}`, hop);
    return local;
  }

  send(bytes: Buffer, hop: Hop, _local: ListeningAddress, done: SendDone): void {
    const to = `${hop.address}:${hop.port}`;
    const flow = flowTo(hop.protocol, hop.address, hop.port);
    const names = [to, `${hop.protocol}/${to}`];
    if (names.some((name) => this.silent.has(name))) return;
    if (names.some((name) => this.refusing.has(name))) {
      process.nextTick(done, new TransportError('connection refused', hop), flow);
      return;
    }
    this.#note(bytes, to);
    process.nextTick(done, undefined, flow);
  }

  resend(bytes: Buffer, flow: Flow): void {
    this.#note(bytes, `${flow.remoteAddress}:${flow.remotePort}`);
  }

  reply(bytes: Buffer, target: ReplyTarget, done?: SendDone): void {
    const to = `${target.flow.remoteAddress}:${target.port}`;
    if (this.refusing.has(to)) {
      done?.(new TransportError('connection refused'), target.flow);
      return;
    }
    this.#note(bytes, to);
    done?.(undefined, target.flow);
  }

  watch(flow: Flow, listener: (reason: string) => void): () => void {
    const id = flow.connectionId;
    if (id === undefined) return () => undefined;
    this.#watchers.set(id, listener);
    return () => {
      if (this.#watchers.get(id) === listener) this.#watchers.delete(id);
    };
  }

  /** The connection to that port ends. */
  breakConnection(port: number, reason: string): void {
    const listener = this.#watchers.get(port);
    this.#watchers.delete(port);
    listener?.(reason);
  }

  get watched(): number {
    return this.#watchers.size;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  /** Start lines and destinations of what went out since the last call. */
  take(): string[] {
    return this.sent.splice(0).map(({ message, to }) => {
      const first = message.kind === 'request' ? `${message.method} ${message.uri}` : String(message.status);
      return `${first} > ${to}`;
    });
  }

  #note(bytes: Buffer, to: string): void {
    const message = parseMessage(bytes);
    if (message.kind === 'request') this.lastRequest = message;
    this.sent.push({ message, to });
  }
}

export function flowTo(protocol: Protocol, remoteAddress: string, remotePort: number): Flow {
  const flow: Flow = { protocol, localAddress: '192.0.2.1', localPort: 5060, remoteAddress, remotePort };
  return protocol === 'tcp' ? { ...flow, connectionId: remotePort } : flow;
}

/** As it would come off the wire. */
export function received(text: string, flow: Flow): ReceivedMessage {
  const bytes = Buffer.from(text);
  const message = parseMessage(bytes);
  return { message, essentials: readEssentials(message), flow, size: bytes.length };
}
