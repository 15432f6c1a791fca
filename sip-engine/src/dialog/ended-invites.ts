// SPDX-License-Identifier: Apache-2.0
import { readTag } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/index.ts';
import type { AppLink } from './app-link.ts';
import type { DialogContext } from './context.ts';
import { dialogOfClient, headerOf, learn, sequenceOf } from './dialog.ts';
import type { Dialog } from './dialog.ts';
import type { InDialogSender } from './in-dialog-sender.ts';

interface Ended {
  request: SipRequest;
  owner: AppLink;
  /** The fork that the app has. */
  keptTag: string | undefined;
  /** Forks that were ACKed and ended here, by their tag. */
  dialogs: Map<string, Dialog>;
}

/**
 * INVITEs of ours whose outcome the app already has. A 2xx that still comes would leave the callee in a call with nobody: it is
 * ACKed and ended with BYE (RFC 3261 §13.2.2.4), and the app is not told.
 */
export class EndedInvites {
  private readonly context: DialogContext;
  private readonly sender: InDialogSender;
  private readonly invites = new Map<string, Ended>();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(context: DialogContext, sender: InDialogSender) {
    this.context = context;
    this.sender = sender;
  }

  /** Watches for late answers for a while. `keptTag` is the To tag of the answer that the app got. */
  remember(request: SipRequest, owner: AppLink, keptTag: string | undefined): void {
    const key = keyOf(request);
    const ended = {
      request: { ...request, body: Buffer.alloc(0) },
      owner,
      keptTag,
      dialogs: new Map<string, Dialog>(),
    };
    this.invites.set(key, ended);
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (this.invites.get(key) === ended) this.invites.delete(key);
    }, this.context.settings.lateAnswerTimeout);
    this.timers.add(timer);
  }

  /** A 2xx that no dialog wants. */
  late(response: SipResponse): void {
    const ended = this.invites.get(keyOf(response));
    const tag = readTag(headerOf(response, 'To')) ?? '';
    if (ended === undefined || tag === ended.keptTag) return;
    const known = ended.dialogs.get(tag);
    if (known !== undefined) {
      this.sender.repeatAck(known, sequenceOf(response));
      return;
    }
    const dialog = dialogOfClient(ended.request, ended.owner);
    learn(dialog, response);
    ended.dialogs.set(tag, dialog);
    this.endIt(dialog, sequenceOf(response)).catch((error: unknown) => {
      this.context.warn('late answer not ended', { dialog: dialog.id, error: String(error) });
    });
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  private async endIt(dialog: Dialog, sequence: number): Promise<void> {
    await this.sender.acknowledge(dialog, { sequence, credentials: [] });
    const { lastAck } = dialog;
    await this.sender.bye(dialog, 'answer came too late', false);
    // The BYE has cleared the dialog; its ACK is still wanted when the 2xx is repeated.
    dialog.lastAck = lastAck;
  }
}

function keyOf(message: SipRequest | SipResponse): string {
  return `${headerOf(message, 'Call-ID')}\n${readTag(headerOf(message, 'From')) ?? ''}\n${sequenceOf(message)}`;
}
