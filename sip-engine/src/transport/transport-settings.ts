// SPDX-License-Identifier: Apache-2.0
import type { Protocol } from '../transaction/contract.ts';
import type { DropCounts } from './drop-counts.ts';

/** What the engine needs of a logger; pino fits. */
export interface Log {
  debug(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

/** Port 0: any free one; listeners of one host that all ask for 0 get the same port. */
export interface ListenerSpec {
  protocol: Protocol;
  host: string;
  port: number;
}

/** A listener as it is bound. */
export interface ListeningAddress {
  protocol: Protocol;
  address: string;
  port: number;
}

export interface Maxima {
  /** Bytes of a header block. */
  header: number;
  /** Bytes of a body. */
  body: number;
  /** Open TCP connections per listener, and opened by us in all. */
  connections: number;
  /** Open TCP connections of one source address to a listener. */
  perSource: number;
  /** Messages per second of a source address that calls have gone through with (see `SourceGate`); 0: no limit. */
  rate: number;
  /** Milliseconds from the first byte of a message on a stream to its last. */
  message: number;
  /** Milliseconds after which a connection of a peer is closed that has not brought anything whole. */
  silence: number;
  /** Milliseconds for the TLS handshake of a peer. */
  handshake: number;
  /** Milliseconds after which a silent TCP connection is closed. */
  idle: number;
  /** Milliseconds for a TCP connect. */
  connect: number;
  /** Bytes that may wait for a TCP peer that does not read. */
  backlog: number;
}

export const defaultMaxima: Maxima = {
  header: 65_536,
  body: 65_536,
  connections: 10_000,
  perSource: 500,
  rate: 2_000,
  message: 10_000,
  silence: 30_000,
  handshake: 10_000,
  idle: 600_000,
  connect: 4_000,
  backlog: 4 * 1024 * 1024,
};

/** Totals since the start. */
export interface TransportCounters {
  received: number;
  sent: number;
  /** Not readable as SIP, answered or not. */
  malformed: number;
  pings: number;
  connectionsRefused: number;
  errors: number;
  dropped: DropCounts;
}
