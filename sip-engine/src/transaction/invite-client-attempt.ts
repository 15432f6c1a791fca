// SPDX-License-Identifier: Apache-2.0
import { serialiseMessage } from '../message/serialise-message.ts';
import type { SipResponse } from '../message/sip-message.ts';
import { ClientAttempt } from './client-attempt.ts';
import type { Flow } from './contract.ts';
import { createFailureAck } from './derived-requests.ts';

/** RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2. */
export class InviteClientAttempt extends ClientAttempt {
  #accepted = false;
  /** The ACK of a non-2xx, kept for its repeats. */
  #ack: Buffer | undefined;

  /** After a CANCEL the final must come within 64 x T1, else the INVITE counts as ended (RFC 3261 §9.1). */
  expectFinal(): void {
    const { linger } = this.context.timers;
    this.clocks.after(linger, () => {
      this.fail('timeout', `no final answer in ${linger} ms after CANCEL`);
    });
  }

  protected startRepeating(): void {
    // Timer A doubles without a cap; timer B ends it.
    this.clocks.repeat(
      () => {
        this.repeatRequest();
      },
      this.context.timers.firstRepeat,
      Number.MAX_SAFE_INTEGER,
    );
  }

  protected receiveProvisional(): void {
    // Proceeding: ringing has no limit here. A deadline that runs after CANCEL stays.
    if (!this.#proceeding) this.clocks.stop();
    this.#proceeding = true;
  }

  #proceeding = false;

  protected receiveFinal(response: SipResponse, flow: Flow, size: number): void {
    if (this.final) this.#repeatedFinal(response, flow, size);
    else if (response.status < 300) this.#accept(response, flow, size);
    else this.#complete(response, flow, size);
  }

  #accept(response: SipResponse, flow: Flow, size: number): void {
    this.#accepted = true;
    // Timer M, over any transport: forked and repeated 2xx.
    this.finish(this.context.timers.linger);
    this.events.response(response, flow, size);
  }

  #complete(response: SipResponse, flow: Flow, size: number): void {
    this.#ack = serialiseMessage(createFailureAck(this.request, response));
    this.context.transport.resend(this.#ack, this.flow ?? flow);
    // Timer D.
    this.finish(this.reliable ? 0 : this.context.timers.linger);
    this.events.response(response, flow, size);
    if (this.reliable) this.end();
  }

  #repeatedFinal(response: SipResponse, flow: Flow, size: number): void {
    if (this.#accepted) {
      if (response.status < 300) this.events.repeatedSuccess(response, flow, size);
    } else if (this.#ack !== undefined && response.status >= 300) {
      this.context.counters.retransmitted += 1;
      this.context.transport.resend(this.#ack, this.flow ?? flow);
    }
  }
}
