// SPDX-License-Identifier: Apache-2.0
import { PeerCall, type RequestAnswer } from './peer-call.ts';
import { createSignal, repeat, within, type PeerCore, type ReceivedRequest } from './peer-core.ts';
import type { HeaderChanges, PeerMessage } from './peer-message.ts';

interface AnswerOptions {
  headers?: HeaderChanges;
  reason?: string;
  sdp?: string;
}

/** A call that reaches the peer. Nothing is answered by itself except CANCEL. */
export class IncomingCall extends PeerCall {
  /** The INVITE. */
  readonly invite: PeerMessage;
  /** In place of the 487 to the INVITE on CANCEL. The CANCEL itself is answered 200. */
  onCancel: ((cancel: PeerMessage) => void) | undefined;
  readonly #received: ReceivedRequest;
  readonly #cancelled = createSignal<PeerMessage>();
  #stopRepeating: (() => void) | undefined;
  #finalSent = false;

  constructor(core: PeerCore, received: ReceivedRequest) {
    super(core, received.from, { callId: received.message.callId });
    this.#received = received;
    this.invite = received.message;
    this.localParty = `${received.message.header('To')};tag=${this.localTag}`;
    this.learn(received.message, received.message.header('From'));
  }

  /** Any response, provisional or final. */
  respond(status: number, options: AnswerOptions = {}): void {
    const answer: RequestAnswer = { status, ...options };
    const response = this.reply(this.#received, answer);
    if (status < 200) return;
    this.#finalSent = true;
    // The peer repeats its final response until the ACK comes (RFC 3261 §13.3.1.4, §17.2.1).
    this.#stopRepeating?.();
    this.#stopRepeating = repeat(() => {
      this.core.respond(this.#received, response);
    });
    void this.ackFor(this.invite.cseq.number).then(() => this.#stopRepeating?.());
  }

  ring(status = 180, options: AnswerOptions = {}): void {
    this.respond(status, options);
  }

  /** 200; resolves with the ACK. */
  answer(sdp?: string, options: AnswerOptions = {}): Promise<PeerMessage> {
    const ack = this.ackFor(this.invite.cseq.number);
    this.respond(200, { ...options, ...(sdp === undefined ? {} : { sdp }) });
    return within(ack, `the ACK of our 200 in ${this.callId}`);
  }

  /** A failure; resolves with the ACK. */
  reject(status: number, options: AnswerOptions = {}): Promise<PeerMessage> {
    const ack = this.ackFor(this.invite.cseq.number);
    this.respond(status, options);
    return within(ack, `the ACK of our ${status} in ${this.callId}`);
  }

  /** Resolves with the CANCEL. */
  cancelled(ms?: number): Promise<PeerMessage> {
    return within(this.#cancelled.promise, `CANCEL in call ${this.callId}`, ms);
  }

  /** No more repetitions of the final response. */
  stop(): void {
    this.#stopRepeating?.();
  }

  /** For the peer. */
  receiveCancel(cancel: ReceivedRequest): void {
    this.requests.push(cancel.message);
    this.reply(cancel, { status: 200 });
    this.#cancelled.fire(cancel.message);
    if (this.onCancel) this.onCancel(cancel.message);
    else if (!this.#finalSent) this.respond(487);
  }
}
