// SPDX-License-Identifier: Apache-2.0
import { BaseServerTransaction } from './base-server-transaction.ts';

type State = 'proceeding' | 'accepted' | 'completed' | 'confirmed';

/** RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1. */
export class InviteServerTransaction extends BaseServerTransaction {
  #state: State = 'proceeding';

  get state(): State {
    return this.#state;
  }

  receiveRepeat(): void {
    // RFC 6026 leaves repeating a 2xx to the user alone; answering the peer's repeat at once heals a lost 2xx faster.
    if (this.#state !== 'confirmed') this.repeatResponse();
  }

  /** An ACK on our own branch: that of a non-2xx. */
  receiveAck(): void {
    if (this.#state !== 'completed') return;
    this.#state = 'confirmed';
    this.clocks.stop();
    this.#finishAfter(this.reliable ? 0 : this.context.timers.t4);
  }

  override repeat(): void {
    if (this.#state === 'accepted') this.repeatResponse();
  }

  protected enter(status: number): void {
    if (status >= 300) this.#complete();
    else if (status >= 200) this.#accept();
  }

  /** Timer L; the user repeats the 2xx until its ACK comes. */
  #accept(): void {
    this.#state = 'accepted';
    this.#finishAfter(this.context.timers.linger);
  }

  /** Timers G and H; H is 64 x T1 also where `t1x64` is short: a caller that hears nothing would wait for ever. */
  #complete(): void {
    this.#state = 'completed';
    const { t1, t2, linger } = this.context.timers;
    if (!this.reliable) {
      this.clocks.repeat(
        () => {
          this.repeatResponse();
        },
        t1,
        t2,
      );
    }
    this.clocks.after(linger, () => {
      this.end('timeout');
    });
  }

  #finishAfter(delay: number): void {
    if (delay === 0) this.end('done');
    else
      this.clocks.after(delay, () => {
        this.end('done');
      });
  }
}
