// SPDX-License-Identifier: Apache-2.0
import { ParseError } from '../message/index.ts';
import type { AppCommand, AppLink, CommandHandler } from './app-link.ts';
import { AppResponses } from './app-responses.ts';
import { ClientResponses } from './client-responses.ts';
import { ClientSide } from './client-side.ts';
import type { DialogContext } from './context.ts';
import { EndedInvites } from './ended-invites.ts';
import { InDialogSender } from './in-dialog-sender.ts';
import { NetworkSide } from './network-side.ts';
import { Refusal, refusals } from './refusals.ts';
import { ServerRequests } from './server-requests.ts';

/** Between the apps' commands and the SIP transactions: the dialog layer as a whole. */
export class DialogEngine implements CommandHandler {
  private readonly context: DialogContext;
  private readonly requests: ServerRequests;
  private readonly network: NetworkSide;
  private readonly ended: EndedInvites;
  private readonly answers: AppResponses;
  private readonly client: ClientSide;

  constructor(context: DialogContext) {
    this.context = context;
    const sender = new InDialogSender(context);
    this.requests = new ServerRequests(context);
    this.network = new NetworkSide(context, this.requests);
    this.ended = new EndedInvites(context, sender);
    this.answers = new AppResponses(context, this.requests, sender);
    const responses = new ClientResponses(context, sender, this.ended);
    this.client = new ClientSide(context, sender, responses);
    const { tally } = context;
    context.layer.setUser({
      onRequest: (transaction) => {
        tally('in', transaction.request, transaction.flow.protocol);
        this.network.onRequest(transaction);
      },
      onAck: (ack, flow, size) => {
        tally('in', ack, flow.protocol);
        this.network.onAck(ack, flow, size);
      },
      onCancel: (cancel, invite) => {
        tally('in', cancel.request, cancel.flow.protocol);
        this.network.onCancel(cancel, invite);
      },
      onStrayResponse: (response) => {
        responses.stray(response);
      },
    });
  }

  /** Calls, early ones included, and requests without their final response on either side. */
  get load(): { dialogs: number; server: number; client: number } {
    return {
      dialogs: this.context.store.size,
      server: this.requests.size,
      client: this.client.outbound.size,
    };
  }

  command(command: AppCommand): void {
    const refuse = (error: unknown): void => {
      this.refuse(command, error);
    };
    try {
      this.route(command)?.catch(refuse);
    } catch (error) {
      refuse(error);
    }
  }

  /**
   * Its calls stay up until the peers end them. What it owes an answer: in dialogs 481; a new request that it has answered with a
   * provisional is given the time that silent apps get.
   */
  linkClosed(link: AppLink): void {
    for (const inbound of this.requests.all()) {
      if (inbound.link !== link) continue;
      if (inbound.dialog?.state === 'confirmed') this.requests.answerFor(inbound, 481);
      else if (inbound.answered) this.requests.watchSilence(inbound);
    }
  }

  /** From now on new calls get 503. */
  drain(): void {
    this.network.draining = true;
  }

  close(): void {
    this.ended.close();
    for (const inbound of this.requests.all()) this.requests.leave(inbound);
    for (const entry of this.client.outbound.values()) clearTimeout(entry.timer);
    for (const dialog of [...this.context.store.all()]) this.context.store.remove(dialog);
  }

  /** drachtio's order of decision: response, within a dialog, CANCEL, new request. */
  private route(command: AppCommand): Promise<void> | undefined {
    const { message } = command;
    if (message.kind === 'response') {
      this.answers.answer(command, message);
      return undefined;
    }
    if (command.dialogId !== '') return this.client.sendInDialog(command, message);
    if (command.transactionId === '' && message.method !== 'ACK')
      return this.client.sendNew(command, message);
    this.client.cancel(command, message);
    return undefined;
  }

  private refuse(command: AppCommand, error: unknown): void {
    if (error instanceof Refusal || error instanceof ParseError) {
      command.reply.refused(error.message);
      return;
    }
    this.context.warn('command failed', { error: error instanceof Error ? error.stack : String(error) });
    command.reply.refused(refusals.sendFailed);
  }
}
