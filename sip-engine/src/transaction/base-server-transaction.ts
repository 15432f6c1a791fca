// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { serialiseMessage } from '../message/serialise-message.ts';
import type { SipRequest, SipResponse } from '../message/sip-message.ts';
import type { ReceivedMessage } from '../transport/message-intake.ts';
import type { ReplyTarget } from '../transport/transport-layer.ts';
import type { Flow, ServerTransaction } from './contract.ts';
import { Repeater } from './repeater.ts';
import type { TransactionContext } from './transaction-context.ts';
import { replyTarget } from './via-stamp.ts';

export type EndReason = 'done' | 'timeout' | 'transport-error';

const noBody = Buffer.alloc(0);

/** What the two server machines share: sending, repeating the last response, ending once. */
export abstract class BaseServerTransaction implements ServerTransaction {
  readonly id: string = randomUUID();
  readonly size: number;
  readonly flow: Flow;
  readonly receivedAt: Date;
  protected readonly context: TransactionContext;
  protected readonly clocks: Repeater;
  #request: SipRequest;
  readonly #release: () => void;
  readonly #target: ReplyTarget;
  readonly #listeners: ((why: EndReason) => void)[] = [];
  #lastResponse: Buffer | undefined;
  #ended: EndReason | undefined;
  #open = true;

  /** `release` takes it out of the table. */
  constructor(
    request: SipRequest,
    received: ReceivedMessage,
    context: TransactionContext,
    release: () => void,
  ) {
    this.#release = release;
    this.#request = request;
    this.size = received.size;
    this.flow = received.flow;
    this.receivedAt = context.clock.now();
    this.context = context;
    this.clocks = new Repeater(context.clock);
    this.#target = replyTarget(received.essentials.via, received.flow);
  }

  get request(): SipRequest {
    return this.#request;
  }

  get open(): boolean {
    return this.#open;
  }

  respond(response: SipResponse): void {
    if (!this.#open)
      throw new Error(`${this.#request.method} ${this.id} has had its final response or has ended`);
    this.#lastResponse = serialiseMessage(response);
    if (response.status >= 200) {
      this.#open = false;
      this.#dropBody();
    }
    this.#transmit(this.#lastResponse);
    // Sending may have failed and ended us.
    if (this.#ended === undefined) this.enter(response.status);
  }

  onEnd(listener: (why: EndReason) => void): void {
    const why = this.#ended;
    if (why === undefined) this.#listeners.push(listener);
    else
      queueMicrotask(() => {
        this.#notify(listener, why);
      });
  }

  repeat(): void {
    // Only an INVITE's 2xx is repeated end to end.
  }

  abandon(): void {
    this.dispose();
    this.#ended ??= 'done';
    this.#release();
  }

  /** The request came again. */
  abstract receiveRepeat(): void;

  /** Without a word to anybody: the layer closes. */
  dispose(): void {
    this.clocks.stop();
    this.#open = false;
  }

  protected abstract enter(status: number): void;

  protected get reliable(): boolean {
    return this.flow.protocol !== 'udp';
  }

  protected repeatResponse(): void {
    if (this.#lastResponse === undefined || this.#ended !== undefined) return;
    this.context.counters.retransmitted += 1;
    this.#transmit(this.#lastResponse);
  }

  protected end(why: EndReason): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.dispose();
    this.#release();
    if (why === 'timeout') this.context.counters.timeouts += 1;
    for (const listener of this.#listeners) this.#notify(listener, why);
  }

  #notify(listener: (why: EndReason) => void, why: EndReason): void {
    this.context.tell(() => {
      listener(why);
    });
  }

  #transmit(bytes: Buffer): void {
    this.context.transport.reply(bytes, this.#target, (error) => {
      if (error !== undefined) this.end('transport-error');
    });
  }

  /** What lingers keeps its response for repeats, but not what it was asked: that is the larger part. */
  #dropBody(): void {
    this.#request = { ...this.#request, body: noBody };
  }
}
