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
    refuseReliable(inbound, response);
    const { transaction } = inbound;
    const local = localOf(transaction.flow);
    const toTag = inbound.toTag === '' ? (chosenToTag(response) ?? newTag()) : inbound.toTag;
    const sent = composeResponse(transaction.request, response, {
      local,
      toTag,
      inDialog: inbound.dialog?.state === 'confirmed',
    });
    this.send(inbound, sent);
    if (sent.status > 100) inbound.toTag = toTag;
    this.settle(inbound, sent);
    const dialogId =
      inbound.dialog?.state === 'ended' && transaction.request.method === 'BYE'
        ? ''
        : (inbound.dialog?.id ?? '');
    command.reply.responseSent(sent, peerOf(transaction.flow), {
      transactionId: command.transactionId,
      dialogId,
    });
  }

  private find(command: AppCommand, response: SipResponse): Inbound {
    const method = /\s(\S+)\s*$/.exec(getHeader(response, 'CSeq') ?? '')?.[1];
    if (method === 'CANCEL') throw new Refusal(refusals.cancelAnswerIsAutomatic);
    const inbound = this.requests.find(command.transactionId, method);
    if (inbound?.transaction.open !== true) throw new Refusal(refusals.unknownTransaction);
    return inbound;
  }

  private send(inbound: Inbound, response: SipResponse): void {
    try {
      this.requests.respond(inbound.transaction, response);
    } catch (error) {
      throw new Refusal(refusals.transportGone, { cause: error });
    }
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

/** Reliable provisional responses (RFC 3262) are not built yet: refused, rather than sent without RSeq. */
function refuseReliable(inbound: Inbound, response: SipResponse): void {
  if (response.status <= 100 || response.status >= 200 || !lists(getHeader(response, 'Require'), '100rel'))
    return;
  const { request } = inbound.transaction;
  const offered = ['Supported', 'Require'].some((name) => lists(getHeader(request, name), '100rel'));
  throw new Refusal(offered ? refusals.notSupported : refusals.peerLacks100rel);
}

function lists(value: string | undefined, tag: string): boolean {
  return value?.toLowerCase().includes(tag) ?? false;
}

function localOf(flow: Flow): LocalTransport {
  return { protocol: flow.protocol, address: flow.localAddress, port: flow.localPort };
}
