// SPDX-License-Identifier: Apache-2.0
import type { SipRequest } from '../message/index.ts';
import type { ClientTransactionEvents, Flow } from '../transaction/contract.ts';
import { composeInDialog, ownRequest } from './compose-in-dialog.ts';
import type { DialogContext } from './context.ts';
import type { Dialog, UnackedAnswer } from './dialog.ts';
import { ourSideOf } from './inbound.ts';

/** How the engine's own BYE tells the app, and the peer, why. */
export function reasonHeader(text: string): { name: string; value: string } {
  return { name: 'Reason', value: `SIP;cause=200;text="${text}"` };
}

/** ACKs of 2xx and the BYEs that the engine sends by itself. */
export class InDialogSender {
  private readonly context: DialogContext;

  constructor(context: DialogContext) {
    this.context = context;
  }

  /**
   * ACKs a 2xx, with the body and headers of `app` where there is one, and keeps the ACK for a repeated 2xx. `app.sent` hears of it
   * before anything is heard of a request that was sent later.
   * Rejects where the peer cannot be reached. @throws Refusal for what `app` holds
   */
  async acknowledge(
    dialog: Dialog,
    answer: UnackedAnswer,
    app: { message: SipRequest; proxy?: string | undefined; sent?: (ack: SipRequest, flow: Flow) => void } = {
      message: ownRequest('ACK'),
    },
  ): Promise<void> {
    const { layer, resolver, settings } = this.context;
    const draft = composeInDialog(dialog, app.message, {
      sequence: answer.sequence,
      parity: settings.parity,
    });
    draft.request.headers.push(...answer.credentials);
    const hops = await resolver.resolve(app.proxy ?? draft.nextHop);
    dialog.lastAck = { sequence: answer.sequence, request: draft.request, hops };
    const flow = await layer.send(draft.request, hops, draft.prepare, (used) => {
      app.sent?.(draft.request, used);
    });
    this.context.tally('out', draft.request, flow.protocol);
  }

  /** The peer has repeated its 2xx, so our ACK was lost (RFC 3261 §13.2.2.4). Nothing while the app has not sent it. */
  repeatAck(dialog: Dialog, sequence: number): void {
    const { lastAck } = dialog;
    if (lastAck?.sequence !== sequence) return;
    this.context.layer.send(lastAck.request, lastAck.hops).catch((error: unknown) => {
      this.context.warn('ACK not repeated', { dialog: dialog.id, error: String(error) });
    });
  }

  /**
   * Ends a dialog from here: it is gone at once, the peer gets a BYE, and the app an unsolicited one unless `tellApp` is false.
   */
  async bye(dialog: Dialog, reason: string, tellApp = true): Promise<void> {
    const { layer, resolver, store } = this.context;
    store.remove(dialog);
    dialog.localSequence++;
    const own = ownRequest('BYE', [reasonHeader(reason)]);
    const tell: ClientTransactionEvents['sent'] = (request, flow) => {
      this.context.tally('out', request, flow.protocol);
      if (tellApp) this.tellApp(dialog, request, flow);
    };
    try {
      const draft = composeInDialog(dialog, own, { sequence: dialog.localSequence, parity: false });
      const hops = await resolver.resolve(draft.nextHop);
      const nothing = (): void => undefined;
      layer.request(
        draft.request,
        { hops, prepare: draft.prepare },
        { sent: tell, response: nothing, failed: nothing },
      );
    } catch (error) {
      this.context.warn('BYE not sent', { dialog: dialog.id, error: String(error) });
    }
  }

  private tellApp(dialog: Dialog, request: SipRequest, flow: Flow): void {
    dialog.owner.deliver(request, {
      source: 'application',
      where: ourSideOf(flow),
      size: 0,
      at: new Date(),
      transactionId: 'unsolicited',
      dialogId: dialog.id,
    });
  }
}
