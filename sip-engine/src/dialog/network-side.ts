// SPDX-License-Identifier: Apache-2.0
import { getHeader, getHeaders, newTag, readTag } from '../message/index.ts';
import type { SipRequest } from '../message/index.ts';
import type { Flow, ServerTransaction } from '../transaction/contract.ts';
import { ownResponse } from './compose-response.ts';
import type { DialogContext } from './context.ts';
import { dialogIdOf, headerOf, sequenceOf } from './dialog.ts';
import type { Dialog } from './dialog.ts';
import type { Inbound } from './inbound.ts';
import type { ServerRequests } from './server-requests.ts';

/** Handed to apps outside dialogs, where one asked for the method. */
const ROUTED = new Set([
  'INVITE',
  'REGISTER',
  'MESSAGE',
  'OPTIONS',
  'INFO',
  'NOTIFY',
  'SUBSCRIBE',
  'PUBLISH',
]);

/** Within an early dialog drachtio takes these for new requests. */
const NEW_WHILE_EARLY = new Set(['INFO', 'OPTIONS', 'NOTIFY', 'MESSAGE', 'PUBLISH', 'SUBSCRIBE']);

/** Only make sense within a dialog. */
const DIALOG_ONLY = new Set(['BYE', 'UPDATE']);

/** What the network asks of us: requests, ACKs and CANCELs find their dialog or their app here. */
export class NetworkSide {
  /** While draining, new calls get 503. */
  draining = false;
  private readonly context: DialogContext;
  private readonly requests: ServerRequests;

  constructor(context: DialogContext, requests: ServerRequests) {
    this.context = context;
    this.requests = requests;
  }

  onRequest(transaction: ServerTransaction): void {
    const { request } = transaction;
    const toTag = readTag(headerOf(request, 'To'));
    if (toTag === undefined) {
      this.outOfDialog(transaction);
      return;
    }
    if (request.method === 'INVITE' && getHeader(request, 'Contact') !== undefined)
      this.requests.respond(transaction, ownResponse(request, 100, ''));
    const dialog = this.findDialog(request, toTag);
    if (dialog === undefined) this.inNoDialog(transaction);
    else if (dialog.state === 'early') this.inEarlyDialog(transaction, dialog);
    else this.inDialog(transaction, dialog);
  }

  /** Only the ACK of a 2xx comes here; repeated ones end here too. */
  onAck(ack: SipRequest, flow: Flow, size: number): void {
    const dialog = this.findDialog(ack, readTag(headerOf(ack, 'To')) ?? '');
    if (dialog === undefined) return;
    const sequence = sequenceOf(ack);
    const at = dialog.awaitedAcks.findIndex((awaited) => awaited.sequence === sequence);
    const [awaited] = at === -1 ? [] : dialog.awaitedAcks.splice(at, 1);
    if (awaited === undefined) return;
    awaited.stop();
    this.requests.deliverAck(ack, { flow, size }, { dialog, transactionId: awaited.transactionId });
  }

  /** RFC 3261 §9.2: the CANCEL and the INVITE are answered here, then the app is told. */
  onCancel(cancel: ServerTransaction, invite: ServerTransaction | undefined): void {
    const inbound = invite === undefined ? undefined : this.requests.find(invite.id, undefined);
    if (inbound === undefined || invite?.open !== true) {
      // RFC 3261 §9.2 wants 200 while the transaction lives; drachtio says 481 once the call is answered.
      const late = invite !== undefined && !(this.context.settings.parity && this.isAnswered(invite.request));
      this.requests.refuse(cancel, late ? 200 : 481);
      return;
    }
    inbound.toTag = inbound.toTag === '' ? newTag() : inbound.toTag;
    this.requests.respond(cancel, ownResponse(cancel.request, 200, inbound.toTag));
    this.endInvite(inbound, 487);
    this.requests.deliverCancel(cancel, inbound);
  }

  private outOfDialog(transaction: ServerTransaction): void {
    const { method } = transaction.request;
    const { parity } = this.context.settings;
    if (method === 'INVITE') this.newInvite(transaction);
    else if (DIALOG_ONLY.has(method)) this.requests.refuse(transaction, 481);
    else if (method === 'REGISTER' && !isUsableRegister(transaction.request))
      this.requests.refuse(transaction, 400);
    else if (ROUTED.has(method)) this.requests.offer(transaction);
    // drachtio leaves REFER, PRACK and what it does not know without an answer.
    else if (parity) transaction.abandon();
    else if (method === 'REFER') this.requests.offer(transaction);
    else this.requests.refuse(transaction, method === 'PRACK' ? 481 : 501);
  }

  /** RFC 3261 §12.2.2: 481. drachtio takes for new requests what may come outside dialogs too, and leaves REFER unanswered. */
  private inNoDialog(transaction: ServerTransaction): void {
    const { method } = transaction.request;
    const { parity } = this.context.settings;
    if (parity && NEW_WHILE_EARLY.has(method)) this.requests.offer(transaction);
    else if (parity && method === 'REFER') transaction.abandon();
    else this.requests.refuse(transaction, 481);
  }

  private newInvite(transaction: ServerTransaction): void {
    const { request } = transaction;
    this.requests.respond(transaction, ownResponse(request, 100, ''));
    if (this.isAnswered(request)) this.requests.refuse(transaction, 491);
    else if (this.isOwnLoop(request)) this.requests.refuse(transaction, 482);
    else if (this.draining) this.requests.refuse(transaction, 503);
    else this.requests.offer(transaction);
  }

  private isAnswered(invite: SipRequest): boolean {
    const id = dialogIdOf(headerOf(invite, 'Call-ID'), readTag(headerOf(invite, 'From')) ?? '');
    return this.context.store.findById(id) !== undefined;
  }

  /** Our own INVITE has come back: its dialog already has the names that this one would get (RFC 3261 §16.3 step 4). */
  private isOwnLoop(request: SipRequest): boolean {
    const fromTag = readTag(headerOf(request, 'From')) ?? '';
    return this.context.store.findLeg(headerOf(request, 'Call-ID'), fromTag) !== undefined;
  }

  private findDialog(request: SipRequest, toTag: string): Dialog | undefined {
    const dialog = this.context.store.findLeg(headerOf(request, 'Call-ID'), toTag);
    if (dialog === undefined) return undefined;
    // Our client's early dialog knows the peer's tag only from the first response on.
    if (dialog.remoteTag === '') return dialog;
    return dialog.remoteTag === (readTag(headerOf(request, 'From')) ?? '') ? dialog : undefined;
  }

  private inEarlyDialog(transaction: ServerTransaction, dialog: Dialog): void {
    const { method } = transaction.request;
    if (NEW_WHILE_EARLY.has(method)) this.requests.offer(transaction);
    else if (method === 'UPDATE') this.earlyUpdate(transaction, dialog);
    else if (method === 'BYE') this.earlyBye(transaction, dialog);
    else if (method === 'PRACK') this.prack(transaction, dialog);
    else if (method === 'REFER' && this.context.settings.parity) transaction.abandon();
    // A second INVITE before the answer to the first (RFC 3261 §14.2).
    else if (method === 'INVITE') this.requests.refuse(transaction, 500);
    else this.requests.refuse(transaction, 481);
  }

  private earlyUpdate(transaction: ServerTransaction, dialog: Dialog): void {
    const inviteId = dialog.role === 'uac' ? dialog.pendingInvite?.id : this.requests.inviteOf(dialog)?.id;
    if (inviteId === undefined) this.requests.refuse(transaction, 481);
    else if (!this.requests.passUpdate(transaction, dialog, inviteId)) this.requests.refuse(transaction, 500);
  }

  /** RFC 3262 §3: 481 where it is for no response of ours that waits for one. */
  private prack(transaction: ServerTransaction, dialog: Dialog): void {
    const inbound = this.requests.inviteOf(dialog);
    if (inbound?.reliable?.acknowledgedBy(transaction.request, inbound.transaction.request) !== true) {
      this.requests.refuse(transaction, 481);
      return;
    }
    // What waits for it goes out when the app has answered it.
    this.requests.pass(transaction, dialog);
  }

  /** drachtio refuses the BYE, fails the INVITE and does not tell the app. RFC 3261 §15.1.2 has it end the call. */
  private earlyBye(transaction: ServerTransaction, dialog: Dialog): void {
    const { parity } = this.context.settings;
    const inbound = this.requests.inviteOf(dialog);
    this.requests.refuse(transaction, parity || inbound === undefined ? 481 : 200);
    if (inbound === undefined) return;
    this.endInvite(inbound, parity ? 500 : 487);
    if (!parity) this.requests.deliverEnd(transaction, inbound);
  }

  private inDialog(transaction: ServerTransaction, dialog: Dialog): void {
    const { method } = transaction.request;
    if (!dialog.owner.live) {
      // Nobody is left to answer; a BYE at least clears the call.
      this.requests.refuse(transaction, 481);
      if (method === 'BYE') this.end(dialog);
    } else if (method === 'BYE') {
      this.bye(transaction, dialog);
    } else if (method === 'INVITE' && getHeader(transaction.request, 'Contact') === undefined) {
      this.requests.refuse(transaction, 400);
    } else {
      this.requests.pass(transaction, dialog);
    }
  }

  /** The dialog is gone before the app answers. */
  private bye(transaction: ServerTransaction, dialog: Dialog): void {
    this.end(dialog);
    const inbound = this.requests.pass(transaction, dialog);
    inbound.timer = setTimeout(() => {
      this.requests.answerFor(inbound, 500);
    }, this.context.settings.byeTimeout);
  }

  /** Requests that the app has not answered get 500 (RFC 3261 §15.1.2 would have 487 for an INVITE). */
  private end(dialog: Dialog): void {
    this.context.store.remove(dialog);
    for (const inbound of [...dialog.inbound])
      this.requests.answerFor(inbound, this.context.settings.parity ? 500 : 487);
  }

  private endInvite(inbound: Inbound, status: number): void {
    this.requests.answerFor(inbound, status);
    if (inbound.dialog?.state === 'early') this.context.store.remove(inbound.dialog);
  }
}

/** RFC 3261 §10.2.2: `*` only to remove all bindings. */
function isUsableRegister(request: SipRequest): boolean {
  const contacts = getHeaders(request, 'Contact');
  return !contacts.includes('*') || getHeader(request, 'Expires')?.trim() === '0';
}
