// SPDX-License-Identifier: Apache-2.0
import type { SipResponse } from '../message/sip-message.ts';
import { ClientAttempt } from './client-attempt.ts';
import type { Flow } from './contract.ts';

/** What a peer must hear, whether or not the user still waits: without it the peer stays in a call with nobody. */
const ENDS_CALLS = new Set(['BYE', 'CANCEL']);

/** RFC 3261 §17.1.2. */
export class NonInviteClientAttempt extends ClientAttempt {
  protected startRepeating(): void {
    this.#repeatFrom(this.context.timers.firstRepeat);
  }

  protected receiveProvisional(): void {
    // Proceeding: timer E goes on at T2, timer F runs.
    if (!this.reliable) this.#repeatFrom(this.context.timers.t2);
  }

  /** Where `t1x64` is short so that hunting goes on early, the end of a call is repeated 64 x T1 all the same. */
  protected override timedOut(): void {
    const { linger, t1x64 } = this.context.timers;
    const forPeer = ENDS_CALLS.has(this.request.method) && !this.reliable && linger > t1x64;
    if (forPeer) this.giveUp(`no answer in ${t1x64} ms`, linger - t1x64);
    else super.timedOut();
  }

  protected receiveFinal(response: SipResponse, flow: Flow, size: number): void {
    if (this.final) return;
    if (this.settled) {
      this.end();
      return;
    }
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
