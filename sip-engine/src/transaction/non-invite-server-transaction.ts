// SPDX-License-Identifier: Apache-2.0
import type { SipRequest } from '../message/sip-message.ts';
import type { ReceivedMessage } from '../transport/message-intake.ts';
import { BaseServerTransaction } from './base-server-transaction.ts';
import type { TransactionContext } from './transaction-context.ts';

/** RFC 3261 §17.2.2. */
export class NonInviteServerTransaction extends BaseServerTransaction {
  constructor(
    request: SipRequest,
    received: ReceivedMessage,
    context: TransactionContext,
    release: () => void,
  ) {
    super(request, received, context, release);
    // The peer has given up at its timer F; a user that never answers must not leak.
    this.clocks.after(2 * context.timers.linger, () => {
      this.end('timeout');
    });
  }

  receiveRepeat(): void {
    // Nothing sent yet (Trying): absorbed.
    this.repeatResponse();
  }

  protected enter(status: number): void {
    if (status < 200) return;
    this.clocks.stop();
    if (this.reliable) {
      this.end('done');
      return;
    }
    // Timer J.
    this.clocks.after(this.context.timers.linger, () => {
      this.end('done');
    });
  }
}
