// SPDX-License-Identifier: Apache-2.0
import { newTag, readTag } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/index.ts';
import type { Flow, ServerTransaction } from '../transaction/contract.ts';
import type { AppLink } from './app-link.ts';
import { ownResponse } from './compose-response.ts';
import type { DialogContext } from './context.ts';
import { headerOf } from './dialog.ts';
import type { Dialog } from './dialog.ts';
import { ourSideOf, peerOf } from './inbound.ts';
import type { Inbound } from './inbound.ts';

/** A message of the network, as an app is told of it. */
export type Received = Pick<ServerTransaction, 'request' | 'size' | 'flow' | 'receivedAt'>;

/** Requests of the network that wait for an app's answer, by the id that the app gives back. */
export class ServerRequests {
  private readonly context: DialogContext;
  private readonly waiting = new Map<string, Inbound>();
  /** UPDATE within an early dialog: it shares the id of its INVITE. */
  private readonly updates = new Map<string, Inbound>();

  constructor(context: DialogContext) {
    this.context = context;
  }

  get size(): number {
    return this.waiting.size + this.updates.size;
  }

  find(id: string, method: string | undefined): Inbound | undefined {
    return (method === 'UPDATE' ? this.updates.get(id) : undefined) ?? this.waiting.get(id);
  }

  /** The INVITE that a dialog has open. */
  inviteOf(dialog: Dialog): Inbound | undefined {
    for (const inbound of dialog.inbound) if (inbound.transaction.request.method === 'INVITE') return inbound;
    return undefined;
  }

  all(): Inbound[] {
    return [...this.waiting.values(), ...this.updates.values()];
  }

  /** Hands a new out-of-dialog request to the app whose turn it is; 503 where there is none. */
  offer(transaction: ServerTransaction): void {
    const link = this.context.apps.pick(transaction.request.method);
    if (link === undefined) {
      this.refuse(transaction, 503);
      return;
    }
    const inbound = this.enter(transaction, link, undefined);
    this.watchSilence(inbound);
    this.deliver(inbound);
  }

  /** Hands a request within a dialog to the dialog's owner. */
  pass(transaction: ServerTransaction, dialog: Dialog): Inbound {
    const inbound = this.enter(transaction, dialog.owner, dialog);
    dialog.inbound.add(inbound);
    this.deliver(inbound);
    return inbound;
  }

  /**
   * Hands an UPDATE within an early dialog to the owner, under the id of the INVITE that is pending.
   * @returns false while an earlier one is not answered (RFC 3311 §5.2)
   */
  passUpdate(transaction: ServerTransaction, dialog: Dialog, inviteId: string): boolean {
    if (this.updates.has(inviteId)) return false;
    const inbound: Inbound = { ...this.entry(transaction, dialog.owner, dialog), id: inviteId };
    this.updates.set(inviteId, inbound);
    dialog.inbound.add(inbound);
    transaction.onEnd(() => {
      this.leave(inbound);
    });
    this.deliver(inbound);
    return true;
  }

  /** The INVITE has ended without a CANCEL; srf knows no dialog yet that could take a BYE, a CANCEL it understands. */
  deliverEnd({ request, size, flow, receivedAt }: Received, inbound: Inbound): void {
    this.deliverCancel({ request: { ...request, method: 'CANCEL' }, size, flow, receivedAt }, inbound);
  }

  /** The CANCEL that ended an INVITE: the app is told, the answers have been given. */
  deliverCancel(cancel: Received, inbound: Inbound): void {
    this.toApp(inbound.link, cancel, { id: inbound.id, dialogId: inbound.dialog?.id ?? '' });
  }

  deliverAck(
    ack: SipRequest,
    from: { flow: Flow; size: number },
    to: { dialog: Dialog; transactionId: string },
  ): void {
    to.dialog.owner.deliver(ack, {
      source: 'network',
      where: peerOf(from.flow),
      size: from.size,
      at: new Date(),
      transactionId: to.transactionId,
      dialogId: to.dialog.id,
    });
  }

  /** Answered, cancelled or given up: later answers of the app are for an unknown transaction. */
  leave(inbound: Inbound): void {
    clearTimeout(inbound.timer);
    inbound.reliable?.end();
    if (this.waiting.get(inbound.id) === inbound) this.waiting.delete(inbound.id);
    if (this.updates.get(inbound.id) === inbound) this.updates.delete(inbound.id);
    inbound.dialog?.inbound.delete(inbound);
  }

  /** Answers in place of the app. */
  answerFor(inbound: Inbound, status: number): void {
    this.leave(inbound);
    if (inbound.transaction.open) this.refuse(inbound.transaction, status, inbound.toTag);
  }

  /** A final response of the engine's own. */
  refuse(transaction: ServerTransaction, status: number, toTag = ''): void {
    this.respond(transaction, ownResponse(transaction.request, status, toTag === '' ? newTag() : toTag));
  }

  /** @throws Error when the transaction has had its final response or its transport is gone */
  respond(transaction: ServerTransaction, response: SipResponse): void {
    transaction.respond(response);
    this.context.tally('out', response, transaction.flow.protocol);
  }

  /** The app has not answered within 64 s: forgotten, which the caller sees as silence after its 100. */
  watchSilence(inbound: Inbound): void {
    clearTimeout(inbound.timer);
    inbound.timer = setTimeout(() => {
      this.leave(inbound);
      const invite = inbound.transaction.request.method === 'INVITE';
      if (this.context.settings.parity || !invite) inbound.transaction.abandon();
      else this.refuse(inbound.transaction, 500, inbound.toTag);
    }, this.context.settings.silenceTimeout);
  }

  private enter(transaction: ServerTransaction, link: AppLink, dialog: Dialog | undefined): Inbound {
    const inbound = this.entry(transaction, link, dialog);
    this.waiting.set(inbound.id, inbound);
    transaction.onEnd(() => {
      this.leave(inbound);
    });
    return inbound;
  }

  private entry(transaction: ServerTransaction, link: AppLink, dialog: Dialog | undefined): Inbound {
    const toTag = readTag(headerOf(transaction.request, 'To')) ?? '';
    return {
      transaction,
      id: transaction.id,
      link,
      dialog,
      toTag,
      answered: false,
      reliable: undefined,
      timer: undefined,
    };
  }

  private deliver(inbound: Inbound): void {
    const { transaction, dialog } = inbound;
    this.toApp(inbound.link, transaction, {
      id: inbound.id,
      dialogId: dialog?.id ?? '',
      isNew: dialog === undefined,
    });
  }

  private toApp(
    link: AppLink,
    received: Received,
    as: { id: string; dialogId: string; isNew?: boolean },
  ): void {
    const { flow } = received;
    const delivery = {
      source: 'network' as const,
      where: peerOf(flow),
      size: received.size,
      at: received.receivedAt,
      transactionId: as.id,
      dialogId: as.dialogId,
    };
    const receivedOn = ourSideOf(flow);
    link.deliver(received.request, as.isNew === true ? { ...delivery, receivedOn } : delivery);
  }
}
