// SPDX-License-Identifier: Apache-2.0
import { getHeader, readTag } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/index.ts';
import type { Flow } from '../transaction/contract.ts';
import type { Whereabouts } from './app-link.ts';
import type { DialogContext } from './context.ts';
import { headerOf, learn, refreshTarget, sequenceOf } from './dialog.ts';
import type { Dialog, UnackedAnswer } from './dialog.ts';
import type { EndedInvites } from './ended-invites.ts';
import { NOWHERE, peerOf } from './inbound.ts';
import type { InDialogSender } from './in-dialog-sender.ts';
import type { Outbound } from './outbound.ts';

const CANCEL_RACE = 'ACK-BYE due to cancel race condition';

interface Origin {
  flow: Flow;
  size: number;
}

/** What the network answers to the requests of apps. */
export class ClientResponses {
  private readonly context: DialogContext;
  private readonly sender: InDialogSender;
  private readonly ended: EndedInvites;

  constructor(context: DialogContext, sender: InDialogSender, ended: EndedInvites) {
    this.context = context;
    this.sender = sender;
    this.ended = ended;
  }

  take(entry: Outbound, response: SipResponse, origin: Origin): void {
    if (response.status < 200) this.provisional(entry, response, origin);
    else this.final(entry, response, origin);
  }

  /** The engine's own answer in place of the peer's. */
  failed(entry: Outbound, response: SipResponse): void {
    this.finish(entry, response);
    this.deliver(entry, response, { where: NOWHERE, size: 0 });
  }

  /** A 2xx outside transactions: repeated, forked, or late (RFC 3261 §13.2.2.4). */
  stray(response: SipResponse): void {
    const fromTag = readTag(headerOf(response, 'From')) ?? '';
    const dialog = this.context.store.findLeg(headerOf(response, 'Call-ID'), fromTag);
    const sequence = sequenceOf(response);
    const fork = dialog !== undefined && dialog.remoteTag !== (readTag(headerOf(response, 'To')) ?? '');
    // drachtio answers the second fork with the ACK of the first.
    if (dialog?.state === 'confirmed' && (!fork || this.context.settings.parity))
      this.sender.repeatAck(dialog, sequence);
    else this.ended.late(response);
  }

  private provisional(entry: Outbound, response: SipResponse, origin: Origin): void {
    this.watchRinging(entry);
    if (response.status === 100) return;
    if (entry.initial && entry.dialog !== undefined) this.early(entry.dialog, response, origin.flow);
    this.deliver(entry, response, { where: peerOf(origin.flow), size: origin.size });
    if (!entry.initial && entry.request.method === 'INVITE' && this.context.settings.parity)
      entry.lost = true;
  }

  /** A reliable 1xx lets the app speak within the dialog: its PRACK (RFC 3262 §4). */
  private early(dialog: Dialog, response: SipResponse, flow: Flow): void {
    dialog.remoteTag = readTag(headerOf(response, 'To')) ?? dialog.remoteTag;
    if (getHeader(response, 'RSeq') === undefined) return;
    learn(dialog, response, { flow, parity: this.context.settings.parity });
    this.context.store.makeKnown(dialog);
  }

  private final(entry: Outbound, response: SipResponse, origin: Origin): void {
    clearTimeout(entry.timer);
    const { dialog } = entry;
    const success = response.status < 300;
    const answered = entry.request.method === 'INVITE' && success;
    if (success && dialog !== undefined && !this.context.settings.parity)
      refreshTarget(dialog, response, origin.flow);
    if (answered && dialog !== undefined) {
      dialog.pendingInvite = undefined;
      if (entry.initial) this.confirm(entry, response, { dialog, flow: origin.flow });
      if (!entry.link.live) {
        this.abandonAnswer(entry, dialog);
        return;
      }
      if (!entry.lost) dialog.unacked.push(unackedOf(entry.request));
    } else {
      this.finish(entry, response);
    }
    this.deliver(entry, response, { where: peerOf(origin.flow), size: origin.size });
  }

  private confirm(
    entry: Outbound,
    response: SipResponse,
    { dialog, flow }: { dialog: Dialog; flow: Flow },
  ): void {
    learn(dialog, response, { flow, parity: this.context.settings.parity });
    dialog.state = 'confirmed';
    // The hop that answered need not be the first one, nor its transport the same.
    dialog.localContact =
      getHeader(entry.transaction?.request ?? entry.request, 'Contact') ?? dialog.localContact;
    if (entry.cancelled) {
      dialog.byeAfterAck = CANCEL_RACE;
      this.ended.remember(entry.request, entry.link, undefined);
    }
    this.context.store.makeKnown(dialog);
    // A second fork is this dialog's business with parity; without, it gets its own ACK and BYE.
    if (!this.context.settings.parity)
      this.ended.remember(entry.request, entry.link, readTag(headerOf(response, 'To')));
  }

  /** The app has gone, so nobody could ever end this call. */
  private abandonAnswer(entry: Outbound, dialog: Dialog): void {
    const answer = unackedOf(entry.request);
    this.sender
      .acknowledge(dialog, answer)
      .then(() => (entry.initial ? this.sender.bye(dialog, 'application gone') : undefined))
      .catch((error: unknown) => {
        this.context.store.remove(dialog);
        this.context.warn('answer of a call without its app not ended', {
          dialog: dialog.id,
          error: String(error),
        });
      });
  }

  /** No answer will follow: what hung on the request goes. */
  private finish(entry: Outbound, response: SipResponse): void {
    clearTimeout(entry.timer);
    const { dialog } = entry;
    if (dialog === undefined) return;
    if (entry.request.method === 'INVITE') {
      dialog.pendingInvite = undefined;
      if (!entry.initial) return;
      this.context.store.remove(dialog);
      this.ended.remember(entry.request, entry.link, undefined);
    } else if (entry.request.method === 'BYE' && response.status !== 401 && response.status !== 407) {
      this.context.store.remove(dialog);
    }
  }

  /** Rings for 185 s without news: cancelled; its 487 reaches the app as any other answer. */
  private watchRinging(entry: Outbound): void {
    if (entry.request.method !== 'INVITE') return;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      entry.transaction?.cancel([]);
    }, this.context.settings.ringTimeout);
  }

  private deliver(entry: Outbound, response: SipResponse, from: { where: Whereabouts; size: number }): void {
    if (entry.lost) return;
    entry.link.deliver(response, {
      source: 'network',
      where: from.where,
      size: from.size,
      at: new Date(),
      transactionId: entry.transaction?.id ?? entry.failedId,
      dialogId: entry.dialog?.id ?? '',
    });
  }
}

function unackedOf(invite: SipRequest): UnackedAnswer {
  const credentials = invite.headers.filter(
    ({ name }) => name === 'Authorization' || name === 'Proxy-Authorization',
  );
  return { sequence: sequenceOf(invite), credentials };
}
