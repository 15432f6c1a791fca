// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { getHeader, statusReason } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/index.ts';
import type { Flow, Hop } from '../transaction/contract.ts';
import type { AppCommand } from './app-link.ts';
import type { ClientResponses } from './client-responses.ts';
import { composeInDialog } from './compose-in-dialog.ts';
import type { InDialogDraft } from './compose-in-dialog.ts';
import { composeRequest, nextHopUri } from './compose-request.ts';
import type { Draft } from './compose-request.ts';
import { ownResponse } from './compose-response.ts';
import type { DialogContext } from './context.ts';
import { dialogOfClient } from './dialog.ts';
import type { Dialog } from './dialog.ts';
import { NOWHERE, ourSideOf } from './inbound.ts';
import type { InDialogSender } from './in-dialog-sender.ts';
import type { LocalTransport } from './local-address.ts';
import type { Outbound } from './outbound.ts';
import { Refusal, refusals } from './refusals.ts';

/** A CANCEL may carry the app's reasons, not another identity (RFC 3261 §9.1). */
const NOT_ON_CANCEL = new Set([
  'from',
  'to',
  'contact',
  'call-id',
  'cseq',
  'via',
  'route',
  'record-route',
  'content-length',
  'max-forwards',
]);

/** Requests that apps send: new ones, those within dialogs, ACK and CANCEL. */
export class ClientSide {
  /** Until the final response, by transaction id. */
  readonly outbound = new Map<string, Outbound>();
  private readonly context: DialogContext;
  private readonly sender: InDialogSender;
  private readonly responses: ClientResponses;

  constructor(context: DialogContext, sender: InDialogSender, responses: ClientResponses) {
    this.context = context;
    this.sender = sender;
    this.responses = responses;
  }

  /** Rejects with a Refusal or a ParseError. */
  async sendNew(command: AppCommand, app: SipRequest): Promise<void> {
    const protocols = new Set<string>(this.context.layer.listening.map(({ protocol }) => protocol));
    const nextHop = nextHopUri(app.uri, command.proxy, protocols);
    const draft = composeRequest(app);
    const entry = newEntry(command, draft.request, undefined);
    await this.launch(entry, draft, nextHop);
  }

  /** Rejects with a Refusal or a ParseError; throws one where it is clear at once, so that the app's next frame does not overtake it. */
  sendInDialog(command: AppCommand, app: SipRequest): Promise<void> {
    const dialog = this.context.store.findById(command.dialogId);
    if (app.method === 'ACK') return this.acknowledge(command, app, dialog);
    if (dialog === undefined) throw new Refusal(refusals.noDialog);
    const draft = this.draftInDialog(dialog, app);
    if (app.method === 'BYE') dialog.pendingInvite?.cancel([]);
    return this.launch(newEntry(command, draft.request, dialog), draft, command.proxy ?? draft.nextHop);
  }

  /** @throws Refusal */
  cancel(command: AppCommand, app: SipRequest): void {
    const entry = this.outbound.get(command.transactionId);
    if (app.method !== 'CANCEL' || entry?.request.method !== 'INVITE' || !entry.initial) {
      throw new Refusal(refusals.unknownCancel(command.transactionId));
    }
    const headers = app.headers.filter(({ name }) => !NOT_ON_CANCEL.has(name.toLowerCase()));
    entry.cancelled = true;
    entry.transaction?.cancel(headers);
    const flow = entry.transaction?.flow;
    const sent = cancelOf(entry.request, headers);
    command.reply.requestSent(sent, flow === undefined ? NOWHERE : ourSideOf(flow), randomUUID());
  }

  private draftInDialog(dialog: Dialog, app: SipRequest): InDialogDraft {
    const draft = composeInDialog(dialog, app, {
      sequence: dialog.localSequence + 1,
      parity: this.context.settings.parity,
    });
    // Counted only now: a refused request leaves no gap.
    dialog.localSequence++;
    return draft;
  }

  private acknowledge(command: AppCommand, app: SipRequest, dialog: Dialog | undefined): Promise<void> {
    // ACKs of failures are asked for too, and for repeated ones nothing is open any more.
    const answer = dialog?.unacked.shift();
    if (dialog === undefined || answer === undefined) throw new Refusal(refusals.ackIsAutomatic);
    const sending = this.sender.acknowledge(dialog, answer, {
      message: app,
      proxy: command.proxy,
      sent: (ack, flow) => {
        command.reply.requestSent(ack, ourSideOf(flow), randomUUID());
      },
    });
    // The dialog goes in the same moment: the app's own BYE, which often follows at once, is for a dialog that is no more.
    if (dialog.byeAfterAck !== undefined) void this.sender.bye(dialog, dialog.byeAfterAck);
    return sending;
  }

  private async launch(entry: Outbound, draft: Draft, nextHop: string): Promise<void> {
    let hops: Hop[];
    try {
      hops = await this.context.resolver.resolve(nextHop);
    } catch (error) {
      this.context.warn('next hop not resolved', { nextHop, error: String(error) });
      this.fail(entry, draft, { why: 'dns', detail: (error as Error).message });
      return;
    }
    if (entry.initial && hops.some((hop) => this.isOwn(hop))) throw new Refusal(refusals.toMyself);
    this.start(entry, draft, hops);
  }

  private start(entry: Outbound, draft: Draft, hops: Hop[]): void {
    const transaction = this.context.layer.request(
      draft.request,
      { hops, prepare: draft.prepare },
      {
        sent: (request, flow) => {
          this.context.tally('out', request, flow.protocol);
          this.announce(entry, request, flow);
        },
        response: (response, flow, size) => {
          this.context.tally('in', response, flow.protocol);
          // However fast the peer is, the app has to have its OK first.
          this.announce(entry, transaction.request, flow);
          this.responses.take(entry, response, { flow, size });
          if (response.status >= 200) this.outbound.delete(transaction.id);
        },
        failed: (why, detail) => {
          this.outbound.delete(transaction.id);
          this.fail(entry, draft, { why, detail });
        },
      },
    );
    entry.transaction = transaction;
    this.outbound.set(transaction.id, entry);
    if (entry.request.method === 'INVITE' && entry.dialog !== undefined)
      entry.dialog.pendingInvite = transaction;
  }

  /** The dialog of a new INVITE begins here: what the peer sends may come at once. */
  private announce(entry: Outbound, request: SipRequest, flow: Flow): void {
    if (entry.replied) return;
    entry.replied = true;
    entry.request = request;
    if (entry.initial && request.method === 'INVITE') {
      entry.dialog = dialogOfClient(request, entry.link);
      entry.dialog.pendingInvite = entry.transaction;
      this.context.store.add(entry.dialog);
    }
    entry.reply.requestSent(request, ourSideOf(flow), entry.transaction?.id ?? entry.failedId);
  }

  /** No answer of any peer: the app gets a response of our own. */
  private fail(entry: Outbound, draft: Draft, failure: Failure): void {
    if (!entry.replied) {
      const local = this.context.layer.listening[0] ?? {
        protocol: 'udp' as const,
        address: '0.0.0.0',
        port: 0,
      };
      draft.prepare(draft.request, local satisfies LocalTransport);
      entry.request = draft.request;
      const id = entry.transaction?.id ?? randomUUID();
      entry.replied = true;
      // Like any other INVITE's, so that the app's ACK of this failure is understood.
      if (entry.initial && draft.request.method === 'INVITE')
        entry.dialog = dialogOfClient(draft.request, entry.link);
      entry.reply.requestSent(draft.request, { ...NOWHERE, protocol: 'unknown' }, id);
      entry.failedId = id;
    }
    this.responses.failed(entry, localResponse(entry.request, failure));
  }

  private isOwn(hop: Hop): boolean {
    return this.context.layer.listening.some(
      ({ protocol, address, port }) =>
        protocol === hop.protocol && port === hop.port && address === hop.address,
    );
  }
}

function newEntry(command: AppCommand, request: SipRequest, dialog: Dialog | undefined): Outbound {
  return {
    link: command.link,
    reply: command.reply,
    replied: false,
    request,
    transaction: undefined,
    failedId: '',
    dialog,
    initial: dialog === undefined,
    cancelled: false,
    lost: false,
    timer: undefined,
  };
}

interface Failure {
  why: 'timeout' | 'transport-error' | 'dns';
  detail: string;
}

/** What went wrong is in a Warning (RFC 3261 §20.43, 399), for the app's record. */
function localResponse(request: SipRequest, { why, detail }: Failure): SipResponse {
  const reason = why === 'dns' ? 'DNS Error' : statusReason(503);
  const response = ownResponse(
    request,
    why === 'timeout' ? 408 : 503,
    randomUUID(),
    why === 'timeout' ? undefined : reason,
  );
  const text = detail
    .replaceAll(/[^\x20-\x7e]/g, ' ')
    .replaceAll(/["\\]/g, "'")
    .slice(0, 300);
  response.headers.push({ name: 'Warning', value: `399 sip-engine "${text}"` });
  return response;
}

/** For the app's eyes: what the transaction layer sends, as soon as it may. */
function cancelOf(invite: SipRequest, headers: SipRequest['headers']): SipRequest {
  const same = invite.headers.filter(({ name }) => /^(?:via|from|to|call-id|route)$/i.test(name));
  const sequence = (getHeader(invite, 'CSeq') ?? '').split(' ')[0] ?? '';
  const cseq = { name: 'CSeq', value: `${sequence} CANCEL` };
  return {
    kind: 'request',
    method: 'CANCEL',
    uri: invite.uri,
    headers: [...same, cseq, ...headers],
    body: Buffer.alloc(0),
  };
}
