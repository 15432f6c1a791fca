// SPDX-License-Identifier: Apache-2.0
import type { SipMessage, SipRequest, SipResponse } from '../message/sip-message.ts';

/*
 * What the transaction layer (RFC 3261 §17, RFC 6026) offers to its user, the dialog layer.
 * `message/`, `transport/`, `dns/` and `transaction/` know nothing of drachtio; `dialog/` and `wire/` know nothing of sockets.
 */

export type Protocol = 'udp' | 'tcp' | 'tls';

/** Where a message came from or goes to; for TCP and TLS also which connection, while it lives. */
export interface Flow {
  protocol: Protocol;
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  /** Set for a stream: replies go back on it (RFC 3261 §18.2.2). */
  connectionId?: number;
}

/*
 * Who writes what. The user hands over complete messages but for Via: a request has everything else, a response carries the
 * Via lines of `ServerTransaction.request` and all other headers. Content-Length is written when a message is serialised.
 */

/** An address to try, already resolved. */
export interface Hop {
  protocol: Protocol;
  address: string;
  port: number;
  /** TLS: the domain of the URI, which the peer's certificate must name (RFC 5922 §7.1); absent: the address. */
  serverName?: string;
  /** A connection must be there after so many milliseconds. */
  connectWithin?: number;
}

/** All in milliseconds (RFC 3261 table 4); `t1x64` is timers B and F; an ACK is awaited 64 x `t1` at least. */
export interface TimerSettings {
  t1: number;
  t2: number;
  t4: number;
  t1x64: number;
}

export interface ServerTransaction {
  /** UUID: the wire protocol's transaction id. */
  readonly id: string;
  /** Topmost Via amended with `received` and `rport` (RFC 3261 §18.2.1, RFC 3581). */
  readonly request: SipRequest;
  /** Size in bytes as received. */
  readonly size: number;
  readonly flow: Flow;
  readonly receivedAt: Date;
  /** False once a final response was sent or the transaction ended. */
  readonly open: boolean;
  /** Sends and, where the RFC says so, retransmits. Throws when the transaction has had its final response. */
  respond(response: SipResponse): void;
  /**
   * Sends the 2xx of an INVITE once more (RFC 3261 §13.3.1.4: its repetition is the user's business, over every
   * transport). Does nothing before a 2xx and after the end of the transaction. An INVITE that the peer repeats after the
   * 2xx is answered by the transaction itself with the same 2xx.
   */
  repeat(): void;
  /** Forgets the transaction without an answer; the peer's own timers end it there. `onEnd` is not called. */
  abandon(): void;
  /** The transaction has ended: timeout, transport error, or done. Called once. */
  onEnd(listener: (why: 'done' | 'timeout' | 'transport-error') => void): void;
}

export interface ClientTransaction {
  readonly id: string;
  /** As it went out, with our Via. */
  readonly request: SipRequest;
  /** Known once a hop has been tried. */
  readonly flow: Flow | undefined;
  /** CANCEL (RFC 3261 §9.1): held until a provisional response came; to the same hop, same branch. */
  cancel(headers: { name: string; value: string }[]): void;
}

export interface ClientTransactionEvents {
  /** First bytes went out: the request as sent (final Via, Contact ...) and the flow. Before any response. */
  sent(request: SipRequest, flow: Flow): void;
  /** Every provisional (100 included) and final; 2xx retransmissions of an INVITE go to `TransactionUser.onStrayResponse`. */
  response(response: SipResponse, flow: Flow, size: number): void;
  /** No usable answer: timer B/F, or every hop failed. `detail` is readable. No event follows. */
  failed(why: 'timeout' | 'transport-error' | 'dns', detail: string): void;
  ended?(): void;
}

export interface TransactionUser {
  /** A new request: not a retransmission, not an ACK, not a CANCEL. INVITE: 100 is the user's business. */
  onRequest(transaction: ServerTransaction): void;
  /** ACK for a 2xx (an ACK for a non-2xx ends in its transaction). */
  onAck(ack: SipRequest, flow: Flow, size: number): void;
  /**
   * A CANCEL. `invite` is the matching transaction, where there is one (by branch and sent-by). The user answers the
   * CANCEL through `cancel.respond` and the INVITE through `invite.respond`.
   */
  onCancel(cancel: ServerTransaction, invite: ServerTransaction | undefined): void;
  /** A response that matches no transaction: repeated or forked 2xx. */
  onStrayResponse(response: SipResponse, flow: Flow, size: number): void;
}

export interface RequestOptions {
  /** Hops to try in order (RFC 3263 §4.3): the next one on transport error, 503 or timeout. Resolved by `dns/`. */
  hops: Hop[];
  /** Lets the user finish the message for the chosen local transport (Contact, `@localhost`) just before it is sent on a hop. */
  prepare?: (request: SipRequest, local: { protocol: Protocol; address: string; port: number }) => void;
}

export interface TransactionLayer {
  /** Opens a client transaction for anything but ACK and CANCEL. Adds Via with a fresh branch. */
  request(request: SipRequest, options: RequestOptions, events: ClientTransactionEvents): ClientTransaction;
  /**
   * Sends outside transactions: the ACK of a 2xx. Adds Via. Resolves with the flow used, of which `sent` hears before anything that
   * was sent later.
   */
  send(
    message: SipMessage,
    hops: Hop[],
    prepare?: RequestOptions['prepare'],
    sent?: (flow: Flow) => void,
  ): Promise<Flow>;
  setUser(user: TransactionUser): void;
  /** Transactions held in memory, those that only absorb repeats included: for leak tests. */
  readonly active: { server: number; client: number };
  /** Transactions without their final response: for gauges. Counted at the call. */
  readonly pending: { server: number; client: number };
  /** What is bound, with the real ports. */
  readonly listening: readonly { protocol: Protocol; address: string; port: number }[];
  close(): Promise<void>;
}

/** RFC 3263, small form until later: literal addresses, SRV/A by node:dns, `transport=` and port respected. */
export interface Resolver {
  /** `uri`: a SIP URI; literals give one hop. Rejects with a readable message where nothing resolves. */
  resolve(uri: string): Promise<Hop[]>;
}
