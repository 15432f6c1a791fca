// SPDX-License-Identifier: Apache-2.0
import { createResponse, addToTag } from '../message/create-response.ts';
import { newTag } from '../message/identifiers.ts';
import { serialiseMessage } from '../message/serialise-message.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/sip-message.ts';
import type { ReceivedMessage } from '../transport/message-intake.ts';
import type { ListeningAddress, TransportCounters } from '../transport/transport-settings.ts';
import type { BaseServerTransaction } from './base-server-transaction.ts';
import type { AttemptEvents, ClientAttempt, Outgoing } from './client-attempt.ts';
import type {
  ClientTransaction,
  ClientTransactionEvents,
  Flow,
  Hop,
  RequestOptions,
  TransactionLayer,
  TransactionUser,
} from './contract.ts';
import { HuntingRequest, type AttemptDesk } from './hunting-request.ts';
import { InviteClientAttempt } from './invite-client-attempt.ts';
import { InviteServerTransaction } from './invite-server-transaction.ts';
import { clientKey, mergeKey, serverKey } from './matching.ts';
import { NonInviteClientAttempt } from './non-invite-client-attempt.ts';
import { NonInviteServerTransaction } from './non-invite-server-transaction.ts';
import { finishFor } from './outgoing-request.ts';
import type { TransactionContext, TransactionCounters, Transport } from './transaction-context.ts';
import { stampVia } from './via-stamp.ts';

/** Finds the transaction of every message and hands the rest to the user (RFC 3261 §17, §18.2.1). */
export class SipTransactionLayer implements TransactionLayer, AttemptDesk {
  readonly context: TransactionContext;
  readonly #transport: Transport;
  readonly #servers = new Map<string, BaseServerTransaction>();
  readonly #clients = new Map<string, ClientAttempt>();
  /** Merge keys of what is in `#servers`. */
  readonly #unmerged = new Set<string>();
  #user: TransactionUser | undefined;

  constructor(context: TransactionContext, transport: Transport) {
    this.context = context;
    this.#transport = transport;
  }

  get active(): { server: number; client: number } {
    return { server: this.#servers.size, client: this.#clients.size };
  }

  get pending(): { server: number; client: number } {
    let server = 0;
    let client = 0;
    for (const transaction of this.#servers.values()) if (transaction.open) server += 1;
    for (const attempt of this.#clients.values()) if (!attempt.settled) client += 1;
    return { server, client };
  }

  get listening(): ListeningAddress[] {
    return this.#transport.listening;
  }

  /** Totals since the start, and the TCP connections open now. */
  get counters(): TransportCounters & TransactionCounters & { connections: number } {
    return {
      ...this.#transport.counters,
      ...this.context.counters,
      connections: this.#transport.connections,
    };
  }

  setUser(user: TransactionUser): void {
    this.#user = user;
  }

  request(request: SipRequest, options: RequestOptions, events: ClientTransactionEvents): ClientTransaction {
    if (request.method === 'ACK' || request.method === 'CANCEL') {
      throw new Error(`${request.method} opens no transaction of its own: use send() or cancel()`);
    }
    return new HuntingRequest(request, options, events, this);
  }

  async send(
    message: SipMessage,
    hops: Hop[],
    prepare?: RequestOptions['prepare'],
    sent?: (flow: Flow) => void,
  ): Promise<Flow> {
    let failure: unknown = new Error('no address to try');
    for (const hop of hops) {
      try {
        return await this.#sendOnce(message, hop, prepare, sent);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async close(): Promise<void> {
    for (const transaction of this.#servers.values()) transaction.dispose();
    for (const attempt of this.#clients.values()) attempt.dispose();
    this.#servers.clear();
    this.#clients.clear();
    this.#unmerged.clear();
    this.#user = undefined;
    await this.#transport.close();
  }

  start(outgoing: Outgoing, events: AttemptEvents): ClientAttempt {
    const { method } = outgoing.request;
    const key = clientKey(outgoing.branch, method);
    const Machine = method === 'INVITE' ? InviteClientAttempt : NonInviteClientAttempt;
    const attempt = new Machine(outgoing, this.context, {
      ...events,
      ended: () => {
        this.#clients.delete(key);
        events.ended();
      },
    });
    this.#clients.set(key, attempt);
    attempt.start();
    return attempt;
  }

  stray(response: SipResponse, flow: Flow, size: number): void {
    this.context.counters.strays += 1;
    this.#tell((user) => {
      user.onStrayResponse(response, flow, size);
    });
  }

  receive(received: ReceivedMessage): void {
    const { message } = received;
    if (message.kind === 'request') this.#receiveRequest(message, received);
    else this.#receiveResponse(message, received);
  }

  #receiveResponse(response: SipResponse, { essentials, flow, size }: ReceivedMessage): void {
    const { via, method } = essentials;
    const attempt = this.#clients.get(clientKey(via.params.get('branch') ?? '', method));
    if (attempt !== undefined) attempt.receive(response, flow, size);
    else if (method === 'INVITE' && response.status >= 200 && response.status < 300)
      this.stray(response, flow, size);
    else this.context.counters.strays += 1;
  }

  #receiveRequest(request: SipRequest, received: ReceivedMessage): void {
    const { essentials, flow } = received;
    const key = serverKey(request, essentials, request.method);
    const existing = this.#servers.get(key);
    if (existing !== undefined) {
      this.context.counters.absorbed += 1;
      existing.receiveRepeat();
      return;
    }
    stampVia(request, essentials.via, flow);
    if (request.method === 'ACK') this.#receiveAck(request, received);
    else if (request.method === 'CANCEL') this.#receiveCancel(request, received, key);
    else this.#receiveNew(request, received, key);
  }

  #receiveAck(ack: SipRequest, received: ReceivedMessage): void {
    const invite = this.#servers.get(serverKey(ack, received.essentials, 'INVITE'));
    // Some peers put the INVITE's branch on the ACK of a 2xx too.
    if (invite instanceof InviteServerTransaction && invite.state !== 'accepted') {
      invite.receiveAck();
      return;
    }
    this.#tell((user) => {
      user.onAck(ack, received.flow, received.size);
    });
  }

  #receiveCancel(request: SipRequest, received: ReceivedMessage, key: string): void {
    const invite = this.#servers.get(serverKey(request, received.essentials, 'INVITE'));
    const cancel = this.#open(request, received, key);
    this.#tell((user) => {
      user.onCancel(cancel, invite);
    }, cancel);
  }

  #receiveNew(request: SipRequest, received: ReceivedMessage, key: string): void {
    const same = mergeKey(received.essentials);
    if (same !== undefined && this.#unmerged.has(same)) {
      this.context.counters.merged += 1;
      this.#refuse(this.#open(request, received, key), 482);
      return;
    }
    const transaction = this.#open(request, received, key, same);
    this.#tell((user) => {
      user.onRequest(transaction);
    }, transaction);
  }

  #open(request: SipRequest, received: ReceivedMessage, key: string, same?: string): BaseServerTransaction {
    const Machine = request.method === 'INVITE' ? InviteServerTransaction : NonInviteServerTransaction;
    const transaction = new Machine(request, received, this.context, () => {
      this.#servers.delete(key);
      if (same !== undefined) this.#unmerged.delete(same);
    });
    this.#servers.set(key, transaction);
    if (same !== undefined) this.#unmerged.add(same);
    return transaction;
  }

  #refuse(transaction: BaseServerTransaction, status: number): void {
    const response = createResponse(transaction.request, status);
    addToTag(response, newTag());
    transaction.respond(response);
  }

  async #sendOnce(
    message: SipMessage,
    hop: Hop,
    prepare: RequestOptions['prepare'],
    sent: ((flow: Flow) => void) | undefined,
  ): Promise<Flow> {
    const local = this.#transport.localFor(hop);
    const finished =
      message.kind === 'request' ? finishFor(hop, message, this.#transport, prepare).request : message;
    return await new Promise<Flow>((resolve, reject) => {
      this.#transport.send(serialiseMessage(finished), hop, local, (error, flow) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        sent?.(flow);
        resolve(flow);
      });
    });
  }

  /** Calls the user; a request that it fails on is answered with 500. */
  #tell(call: (user: TransactionUser) => void, transaction?: BaseServerTransaction): void {
    const user = this.#user;
    if (user === undefined) return;
    this.context.tell(() => {
      try {
        call(user);
      } catch (error) {
        if (transaction?.open === true) this.#refuse(transaction, 500);
        throw error;
      }
    });
  }
}
