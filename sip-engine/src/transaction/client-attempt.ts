// SPDX-License-Identifier: Apache-2.0
import type { SipRequest, SipResponse } from '../message/sip-message.ts';
import { serialiseMessage } from '../message/serialise-message.ts';
import type { ListeningAddress } from '../transport/transport-settings.ts';
import type { Flow, Hop } from './contract.ts';
import { Repeater } from './repeater.ts';
import type { TransactionContext } from './transaction-context.ts';

export interface AttemptEvents {
  sent(flow: Flow): void;
  /** Every provisional, then one final. */
  response(response: SipResponse, flow: Flow, size: number): void;
  /** A 2xx of an INVITE after the first. */
  repeatedSuccess(response: SipResponse, flow: Flow, size: number): void;
  /** No final will come. `answered`: there was a provisional. */
  failed(why: 'timeout' | 'transport-error', detail: string, answered: boolean): void;
  /** Out of the table; after `failed` or after the final has lingered. */
  ended(): void;
}

/** A request finished for one hop. */
export interface Outgoing {
  request: SipRequest;
  branch: string;
  hop: Hop;
  local: ListeningAddress;
}

const noBody = Buffer.alloc(0);

/** What the two client machines share: one request, with one branch, to one hop (RFC 3261 §17.1). */
export abstract class ClientAttempt {
  readonly branch: string;
  readonly hop: Hop;
  protected readonly context: TransactionContext;
  protected readonly events: AttemptEvents;
  protected readonly clocks: Repeater;
  #request: SipRequest;
  #bytes: Buffer | undefined;
  readonly #local: ListeningAddress;
  #flow: Flow | undefined;
  #unwatch: (() => void) | undefined;
  #ended = false;
  /** A provisional has come. */
  #answered = false;
  #final = false;
  #givenUp = false;
  #retried = false;

  constructor(outgoing: Outgoing, context: TransactionContext, events: AttemptEvents) {
    this.#request = outgoing.request;
    this.branch = outgoing.branch;
    this.hop = outgoing.hop;
    this.#local = outgoing.local;
    this.context = context;
    this.events = events;
    this.clocks = new Repeater(context.clock);
  }

  get request(): SipRequest {
    return this.#request;
  }

  get flow(): Flow | undefined {
    return this.#flow;
  }

  get answered(): boolean {
    return this.#answered;
  }

  get final(): boolean {
    return this.#final;
  }

  /** The user waits for nothing any more; what is still sent is for the peer alone. */
  get settled(): boolean {
    return this.#final || this.#givenUp;
  }

  get local(): ListeningAddress {
    return this.#local;
  }

  start(): void {
    this.#awaitConnection();
    this.#bytes = serialiseMessage(this.#request);
    this.#transmit(this.#bytes);
  }

  receive(response: SipResponse, flow: Flow, size: number): void {
    if (response.status >= 200) {
      this.receiveFinal(response, flow, size);
      return;
    }
    if (this.settled) return;
    this.#answered = true;
    this.receiveProvisional();
    this.events.response(response, flow, size);
  }

  dispose(): void {
    this.clocks.stop();
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  /** First interval and cap of timer A or E. */
  protected abstract startRepeating(): void;
  protected abstract receiveProvisional(): void;
  protected abstract receiveFinal(response: SipResponse, flow: Flow, size: number): void;

  /** Timer B or F. */
  protected timedOut(): void {
    const { t1x64 } = this.context.timers;
    this.fail('timeout', this.#flow === undefined ? 'connect timeout' : `no answer in ${t1x64} ms`);
  }

  protected get reliable(): boolean {
    return this.hop.protocol !== 'udp';
  }

  protected repeatRequest(): void {
    if (this.#bytes === undefined || this.#flow === undefined) return;
    this.context.counters.retransmitted += 1;
    this.context.transport.resend(this.#bytes, this.#flow);
  }

  /** The final is here: from now on only what repeats need is kept, for `linger` milliseconds. */
  protected finish(linger: number): void {
    this.#final = true;
    this.#bytes = undefined;
    this.#request = { ...this.#request, body: noBody };
    this.dispose();
    if (linger > 0) {
      this.clocks.after(linger, () => {
        this.end();
      });
    }
  }

  protected end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.dispose();
    this.events.ended();
  }

  /** The user is told that nothing came, while repeating goes on for `rest` milliseconds, or until there is an answer. */
  protected giveUp(detail: string, rest: number): void {
    this.context.counters.timeouts += 1;
    this.#givenUp = true;
    this.clocks.after(rest, () => {
      this.end();
    });
    this.events.failed('timeout', detail, this.#answered);
  }

  protected fail(why: 'timeout' | 'transport-error', detail: string): void {
    if (this.#ended || this.settled) return;
    if (why === 'timeout') this.context.counters.timeouts += 1;
    // Out of the table first: what follows may start the next attempt.
    this.end();
    this.events.failed(why, detail, this.#answered);
  }

  /** Timer B or F, and before it the hop's own limit for its connection. */
  #awaitConnection(): void {
    const { t1x64 } = this.context.timers;
    const { connectWithin = 0 } = this.hop;
    const awaitAnswer = (): void => {
      this.clocks.after(t1x64 - connectWithin, () => {
        this.timedOut();
      });
    };
    if (connectWithin === 0) {
      awaitAnswer();
      return;
    }
    this.clocks.after(connectWithin, () => {
      if (this.#flow === undefined) this.fail('transport-error', `no connection in ${connectWithin} ms`);
      else awaitAnswer();
    });
  }

  #transmit(bytes: Buffer): void {
    this.context.transport.send(bytes, this.hop, this.#local, (error, flow) => {
      if (this.#ended) return;
      if (error !== undefined) {
        this.fail('transport-error', error.message);
        return;
      }
      this.#flow = flow;
      this.#unwatch = this.context.transport.watch(flow, (reason) => {
        this.#connectionClosed(reason);
      });
      if (!this.#answered && !this.#final && !this.reliable) this.startRepeating();
      this.events.sent(flow);
    });
  }

  #connectionClosed(reason: string): void {
    // After a provisional the peer may still open a connection of its own for the final (RFC 3261 §18.2.2).
    if (this.#answered || this.#final) return;
    // The peer may have closed a connection that we took from the pool in the same moment: one more try.
    if (this.#bytes === undefined || this.#retried) {
      this.fail('transport-error', reason);
      return;
    }
    this.#retried = true;
    this.#transmit(this.#bytes);
  }
}
