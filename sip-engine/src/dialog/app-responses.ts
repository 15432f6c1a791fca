// SPDX-License-Identifier: Apache-2.0
import { getHeader, newTag } from '../message/index.ts';
import type { SipResponse } from '../message/index.ts';
import type { Flow } from '../transaction/contract.ts';
import { repeatAnswer } from './answer-repetition.ts';
import type { AppCommand } from './app-link.ts';
import { chosenToTag, composeResponse } from './compose-response.ts';
import type { DialogContext } from './context.ts';
import { dialogOfServer, headerOf, refreshTarget, sequenceOf } from './dialog.ts';
import type { Dialog } from './dialog.ts';
import { peerOf } from './inbound.ts';
import type { Inbound } from './inbound.ts';
import type { InDialogSender } from './in-dialog-sender.ts';
import type { LocalTransport } from './local-address.ts';
import { Refusal, refusals } from './refusals.ts';
import { checkOffered, isReliable, ReliableProvisionals } from './reliable-provisionals.ts';
import type { Held } from './reliable-provisionals.ts';
import type { ServerRequests } from './server-requests.ts';

/** What apps answer to the network's requests. */
export class AppResponses {
  private readonly context: DialogContext;
  private readonly requests: ServerRequests;
  private readonly sender: InDialogSender;

  constructor(context: DialogContext, requests: ServerRequests, sender: InDialogSender) {
    this.context = context;
    this.requests = requests;
    this.sender = sender;
  }

  /** @throws Refusal, ParseError */
  answer(command: AppCommand, response: SipResponse): void {
    const inbound = this.find(command, response);
    const { transaction } = inbound;
    if (isReliable(response)) checkOffered(transaction.request);
    if (inbound.reliable?.blocks(response) === true) {
      inbound.reliable.hold(this.held(command, response));
      return;
    }
    const sent = this.compose(inbound, response);
    if (isReliable(sent)) this.sendReliably(inbound, sent);
    else this.send(inbound, sent);
    this.settle(inbound, sent);
    this.releaseHeld(inbound, sent);
    const ended = inbound.dialog?.state === 'ended' && transaction.request.method === 'BYE';
    command.reply.responseSent(sent, peerOf(transaction.flow), {
      transactionId: command.transactionId,
      dialogId: ended ? '' : (inbound.dialog?.id ?? ''),
    });
  }

  /** One tag for all responses, from the first on that has one. */
  private compose(inbound: Inbound, response: SipResponse): SipResponse {
    const { request, flow } = inbound.transaction;
    const toTag = inbound.toTag === '' ? (chosenToTag(response) ?? newTag()) : inbound.toTag;
    const inDialog = inbound.dialog?.state === 'confirmed';
    const sent = composeResponse(request, response, { local: localOf(flow), toTag, inDialog });
    if (sent.status > 100) inbound.toTag = toTag;
    return sent;
  }

  private find(command: AppCommand, response: SipResponse): Inbound {
    const method = /\s(\S+)\s*$/.exec(getHeader(response, 'CSeq') ?? '')?.[1];
    if (method === 'CANCEL') throw new Refusal(refusals.cancelAnswerIsAutomatic);
    const inbound = this.requests.find(command.transactionId, method);
    if (inbound?.transaction.open !== true) throw new Refusal(refusals.unknownTransaction);
    return inbound;
  }

  private held(command: AppCommand, response: SipResponse): Held {
    return {
      send: () => {
        try {
          this.answer(command, response);
        } catch (error) {
          command.reply.refused(error instanceof Error ? error.message : refusals.sendFailed);
        }
      },
      drop: () => {
        command.reply.refused(refusals.unknownTransaction);
      },
    };
  }

  /** Repeated until its PRACK comes; where that never does, the INVITE is given up (RFC 3262 §3: with a 5xx). */
  private sendReliably(inbound: Inbound, response: SipResponse): void {
    const reliable = (inbound.reliable ??= new ReliableProvisionals());
    response.headers.push({ name: 'RSeq', value: String(reliable.next()) });
    this.send(inbound, response);
    const giveUp = (): void => {
      this.requests.answerFor(inbound, 503);
      if (inbound.dialog?.state === 'early') this.context.store.remove(inbound.dialog);
      this.requests.deliverEnd(inbound.transaction, inbound);
    };
    const again = (): void => {
      if (inbound.transaction.open) inbound.transaction.respond(response);
    };
    reliable.sent(repeatAnswer(inbound.transaction, this.context.settings, giveUp, again));
  }

  private send(inbound: Inbound, response: SipResponse): void {
    try {
      this.requests.respond(inbound.transaction, response);
    } catch (error) {
      throw new Refusal(refusals.transportGone, { cause: error });
    }
  }

  /** A PRACK has been answered. */
  private releaseHeld({ transaction, dialog }: Inbound, sent: SipResponse): void {
    if (transaction.request.method !== 'PRACK' || sent.status < 200 || dialog === undefined) return;
    this.requests.inviteOf(dialog)?.reliable?.release();
  }

  /** What the response means for dialog and transaction. */
  private settle(inbound: Inbound, sent: SipResponse): void {
    const firstAnswer = !inbound.answered;
    inbound.answered = true;
    if (firstAnswer) clearTimeout(inbound.timer);
    if (inbound.transaction.request.method === 'INVITE' && sent.status > 100)
      this.settleInvite(inbound, sent);
    if (sent.status >= 200 && sent.status < 300) this.refresh(inbound);
    if (sent.status >= 200) this.requests.leave(inbound);
  }

  private refresh({ dialog, transaction }: Inbound): void {
    if (dialog !== undefined && !this.context.settings.parity)
      refreshTarget(dialog, transaction.request, transaction.flow);
  }

  private settleInvite(inbound: Inbound, sent: SipResponse): void {
    const { request, flow } = inbound.transaction;
    if (inbound.dialog === undefined) {
      const { parity } = this.context.settings;
      const to = headerOf(sent, 'To');
      inbound.dialog = dialogOfServer(request, { to, owner: inbound.link, flow, parity });
      inbound.dialog.inbound.add(inbound);
      this.context.store.add(inbound.dialog);
    }
    const { dialog } = inbound;
    if (sent.status >= 300 && dialog.state === 'early') this.context.store.remove(dialog);
    if (sent.status >= 200 && sent.status < 300) this.confirm(inbound, dialog, sent);
  }

  /** With drachtio a dialog comes from 200 alone, and the 200 of a re-INVITE is not repeated by timer. */
  private confirm(inbound: Inbound, dialog: Dialog, sent: SipResponse): void {
    const { store, settings } = this.context;
    const first = dialog.state === 'early';
    if (settings.parity && sent.status !== 200) {
      if (first) store.remove(dialog);
      return;
    }
    dialog.localContact = getHeader(sent, 'Contact') ?? dialog.localContact;
    if (first) {
      dialog.state = 'confirmed';
      store.makeKnown(dialog);
    }
    const quiet = settings.parity && !first;
    const stop = quiet
      ? () => undefined
      : repeatAnswer(inbound.transaction, settings, () => void this.sender.bye(dialog, 'ACK timeout'));
    dialog.awaitedAcks.push({
      sequence: sequenceOf(sent),
      transactionId: first ? inbound.transaction.id : crypto.randomUUID(),
      stop,
    });
  }
}

function localOf(flow: Flow): LocalTransport {
  return { protocol: flow.protocol, address: flow.localAddress, port: flow.localPort };
}
