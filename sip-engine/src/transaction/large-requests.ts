// SPDX-License-Identifier: Apache-2.0
import type { SipRequest } from '../message/sip-message.ts';
import { formatHostPort } from '../transport/transport-error.ts';
import type { Hop } from './contract.ts';
import type { Sender } from './transaction-context.ts';

/** Largest request over UDP where nothing is known of the path (RFC 3261 §18.1.1), in bytes. */
export const LARGEST_DATAGRAM = 1_300;
/** A firewall that drops SYNs must not cost the caller more than this; in milliseconds. */
const CONNECT_WITHIN = 1_000;
/** So long a peer that took no connection is not asked for one again, in milliseconds. */
const REMEMBERED = 600_000;
/** Peers remembered at most. */
const MOST = 10_000;

/** Requests that are too large for a datagram go over TCP where the peer takes it, else over UDP all the same (RFC 3261 §18.1.1). */
export class LargeRequests {
  readonly #transport: Pick<Sender, 'localFor'>;
  readonly #now: () => number;
  /** When a peer was found not to speak TCP. */
  readonly #without = new Map<string, number>();

  constructor(transport: Pick<Sender, 'localFor'>, now: () => number = Date.now) {
    this.#transport = transport;
    this.#now = now;
  }

  /** The hop over TCP that stands in for `hop`; undefined where the request fits, or there is none. */
  standIn(hop: Hop, request: SipRequest): Hop | undefined {
    if (hop.protocol !== 'udp' || sizeOf(request) <= LARGEST_DATAGRAM || this.#isWithout(hop))
      return undefined;
    const stream: Hop = { ...hop, protocol: 'tcp', connectWithin: CONNECT_WITHIN };
    try {
      this.#transport.localFor(stream);
      return stream;
    } catch {
      return undefined;
    }
  }

  /** The peer has taken no connection, or has said nothing on it. */
  refused(hop: Hop): void {
    if (this.#without.size >= MOST) this.#without.clear();
    this.#without.set(keyOf(hop), this.#now());
  }

  #isWithout(hop: Hop): boolean {
    const since = this.#without.get(keyOf(hop));
    if (since === undefined) return false;
    if (this.#now() - since < REMEMBERED) return true;
    this.#without.delete(keyOf(hop));
    return false;
  }
}

/** What it will be on the wire, without writing it. */
const sizeOf = ({ method, uri, headers, body }: SipRequest): number =>
  headers.reduce(
    (sum, { name, value }) => sum + name.length + value.length + ': \r\n'.length,
    body.length + method.length + uri.length + '  SIP/2.0\r\n\r\n'.length,
  );

const keyOf = ({ address, port }: Hop): string => formatHostPort(address, port);
