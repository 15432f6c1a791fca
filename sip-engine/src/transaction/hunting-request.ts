// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Header, SipRequest, SipResponse } from '../message/sip-message.ts';
import { formatHostPort } from '../transport/transport-error.ts';
import type { AttemptEvents, ClientAttempt, Outgoing } from './client-attempt.ts';
import type { ClientTransaction, ClientTransactionEvents, Flow, Hop, RequestOptions } from './contract.ts';
import { createCancel } from './derived-requests.ts';
import { InviteClientAttempt } from './invite-client-attempt.ts';
import { finishFor } from './outgoing-request.ts';
import type { TransactionContext } from './transaction-context.ts';

/** What a request needs of the layer. */
export interface AttemptDesk {
  readonly context: TransactionContext;
  /** Makes the machine, puts it into the table until it ends, and starts it. */
  start(outgoing: Outgoing, events: AttemptEvents): ClientAttempt;
  stray(response: SipResponse, flow: Flow, size: number): void;
}

/** One request of the user, tried on its hops one after the other (RFC 3263 §4.3); a client transaction for each. */
export class HuntingRequest implements ClientTransaction {
  readonly id: string = randomUUID();
  #original: SipRequest;
  #options: RequestOptions;
  readonly #events: ClientTransactionEvents;
  readonly #desk: AttemptDesk;
  /** Tried over TCP in place of the hop that comes next. */
  #standIn: Hop | undefined;
  readonly #failures: string[] = [];
  #next = 0;
  #attempt: ClientAttempt | undefined;
  #announced = false;
  #cancel: Header[] | undefined;
  #cancelSent = false;

  constructor(
    request: SipRequest,
    options: RequestOptions,
    events: ClientTransactionEvents,
    desk: AttemptDesk,
  ) {
    this.#original = request;
    this.#options = options;
    this.#events = events;
    this.#desk = desk;
    // Not before the caller holds the transaction.
    process.nextTick(() => {
      this.#tryNext('dns', 'no address to try');
    });
  }

  get request(): SipRequest {
    return this.#attempt?.request ?? this.#original;
  }

  get flow(): Flow | undefined {
    return this.#attempt?.flow;
  }

  cancel(headers: Header[]): void {
    if (this.#cancel !== undefined || this.#original.method !== 'INVITE') return;
    this.#cancel = headers;
    this.#sendCancel();
  }

  #tryNext(why: 'timeout' | 'transport-error' | 'dns', detail: string): void {
    const hop = this.#options.hops[this.#next];
    if (hop === undefined) {
      this.#fail(why, detail);
      return;
    }
    this.#next += 1;
    let outgoing: Outgoing;
    try {
      outgoing = this.#finish(hop);
    } catch (error) {
      this.#lose('transport-error', error instanceof Error ? error.message : String(error));
      return;
    }
    this.#attempt = this.#desk.start(outgoing, this.#listen(outgoing.hop));
  }

  /** @throws TransportError */
  #finish(hop: Hop): Outgoing {
    const { transport, large } = this.#desk.context;
    const outgoing = finishFor(hop, this.#original, transport, this.#options.prepare);
    const stream = large?.standIn(hop, outgoing.request);
    if (stream === undefined) return outgoing;
    this.#standIn = stream;
    // The hop that it stands in for comes next.
    this.#next -= 1;
    return finishFor(stream, this.#original, transport, this.#options.prepare);
  }

  /** Where the connection came, the peer may have the request: it is not sent to it once more (RFC 3261 §18.1.1). */
  #leave(hop: Hop, heard: boolean): void {
    if (this.#standIn !== hop) return;
    this.#standIn = undefined;
    if (!heard) this.#desk.context.large?.refused(hop);
    if (this.#attempt?.flow !== undefined) this.#next += 1;
  }

  #listen(hop: Hop): AttemptEvents {
    const where = nameOf(hop);
    return {
      sent: (flow) => {
        if (this.#announced) return;
        this.#announced = true;
        this.#desk.context.tell(() => {
          this.#events.sent(this.request, flow);
        });
      },
      response: (response, flow, size) => {
        this.#take(response, flow, size, hop);
      },
      repeatedSuccess: (response, flow, size) => {
        this.#desk.stray(response, flow, size);
      },
      failed: (why, detail, answered) => {
        const full = detail.includes(where) ? detail : `${detail}: ${where}`;
        this.#leave(hop, answered);
        if (answered) this.#fail(why, full);
        else this.#lose(why, full);
      },
      ended: () => {
        if (this.#attempt?.hop !== hop || !this.#attempt.final) return;
        this.#desk.context.tell(() => {
          this.#events.ended?.();
        });
      },
    };
  }

  #take(response: SipResponse, flow: Flow, size: number, hop: Hop): void {
    if (response.status >= 200) this.#leave(hop, true);
    // RFC 3263 §4.3: a 503 sends us to the next address, when there is one.
    if (response.status === 503 && this.#mayHunt()) {
      this.#lose('transport-error', `answered 503: ${nameOf(hop)}`);
      return;
    }
    if (response.status < 200) this.#sendCancel();
    else this.#dropOriginal();
    this.#desk.context.tell(() => {
      this.#events.response(response, flow, size);
    });
  }

  #lose(why: 'timeout' | 'transport-error', detail: string): void {
    this.#failures.push(detail);
    if (this.#mayHunt()) this.#tryNext(why, detail);
    else this.#fail(why, this.#failures.join('; '));
  }

  #fail(why: 'timeout' | 'transport-error' | 'dns', detail: string): void {
    this.#desk.context.tell(() => {
      this.#events.failed(why, detail);
    });
  }

  /** There will be no further hop: what lingers need not hold the message and the user's closure. */
  #dropOriginal(): void {
    this.#original = { ...this.#original, body: noBody };
    this.#options = { hops: [] };
  }

  #mayHunt(): boolean {
    return this.#cancel === undefined && this.#next < this.#options.hops.length;
  }

  /** Held until a provisional came: before that the peer may not know the INVITE (RFC 3261 §9.1). */
  #sendCancel(): void {
    const attempt = this.#attempt;
    if (this.#cancel === undefined || this.#cancelSent) return;
    if (!(attempt instanceof InviteClientAttempt) || !attempt.answered || attempt.final) return;
    this.#cancelSent = true;
    const { branch, hop, local } = attempt;
    this.#desk.start({ request: createCancel(attempt.request, this.#cancel), branch, hop, local }, ignore);
    attempt.expectFinal();
  }
}

const nameOf = ({ protocol, address, port }: Hop): string => `${protocol}/${formatHostPort(address, port)}`;

const noBody = Buffer.alloc(0);
const nothing = (): void => undefined;
/** The answer to a CANCEL says nothing that the INVITE's final does not. */
const ignore: AttemptEvents = {
  sent: nothing,
  response: nothing,
  repeatedSuccess: nothing,
  failed: nothing,
  ended: nothing,
};
