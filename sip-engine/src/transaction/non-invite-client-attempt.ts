// SPDX-License-Identifier: Apache-2.0
import type { SipResponse } from '../message/sip-message.ts';
import { ClientAttempt } from './client-attempt.ts';
import type { Flow } from './contract.ts';

/** RFC 3261 §17.1.2. */
export class NonInviteClientAttempt extends ClientAttempt {
  protected startRepeating(): void {
    this.#repeatFrom(this.context.timers.firstRepeat);
  }

  protected receiveProvisional(): void {
    // Proceeding: timer E goes on at T2, timer F runs.
    if (!this.reliable) this.#repeatFrom(this.context.timers.t2);
  }

  protected receiveFinal(response: SipResponse, flow: Flow, size: number): void {
    if (this.final) return;
    // Timer K.
    this.finish(this.reliable ? 0 : this.context.timers.t4);
    this.events.response(response, flow, size);
    if (this.reliable) this.end();
  }

  #repeatFrom(first: number): void {
    this.clocks.repeat(
      () => {
        this.repeatRequest();
      },
      first,
      this.context.timers.t2,
    );
  }
}
