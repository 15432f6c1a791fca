// SPDX-License-Identifier: Apache-2.0
import { setTimeout as wait } from 'node:timers/promises';
import { IncomingCall } from './incoming-call.ts';
import { OutgoingCall, type InviteOptions } from './outgoing-call.ts';
import { buildResponse, type PeerCall, type RequestAnswer } from './peer-call.ts';
import {
  createSignal,
  repeat,
  token,
  within,
  type PeerCore,
  type ReceivedRequest,
  type Transaction,
} from './peer-core.ts';
import { parseMessage, PeerMessage, tagOf, type HeaderChanges } from './peer-message.ts';
import {
  openPeerSocket,
  type PeerSocket,
  type PeerTls,
  type PeerTransport,
  type Place,
} from './peer-socket.ts';

export interface SipPeerOptions {
  /** A loopback address: 127.0.0.0/8 or ::1. */
  address: string;
  /** Default 0: any. */
  port?: number;
  /** Default udp. */
  transport?: PeerTransport;
  /** TLS: our certificate, and whom we trust; the names that the other side must have. */
  tls?: PeerTls;
  /** User part of Contact. Default `peer`. */
  name?: string;
  /** Where calls are sent unless they say otherwise. */
  proxy?: Place;
}

/** What becomes of one message on its way. */
export type Fate = 'pass' | 'drop' | 'duplicate' | { delayMs: number };

export interface Seen {
  /** Milliseconds since the epoch. */
  at: number;
  direction: 'in' | 'out';
  message: PeerMessage;
  /** The other end. */
  place: Place;
}

export interface OutOfDialogRequest {
  method: string;
  uri: string;
  proxy?: Place;
  headers?: HeaderChanges;
  body?: string;
}

/** A scripted user agent on one UDP or TCP socket, for tests and the demo. */
export class SipPeer implements PeerCore {
  /** Every message in either direction, dropped ones too, in order. */
  readonly seen: Seen[] = [];
  /** What `onInvite` threw; a test that uses `onInvite` looks here, `close` throws the first. */
  readonly errors: Error[] = [];
  /** Script for calls that come in; without one they meet silence. */
  onInvite: ((call: IncomingCall) => void | Promise<void>) | undefined;
  /** Answers requests outside calls; default: 200 to OPTIONS, silence otherwise. */
  onRequest: ((request: PeerMessage) => RequestAnswer | undefined) | undefined;
  /** Decides what becomes of each message; default: it passes. */
  tamper: ((message: PeerMessage, direction: 'in' | 'out') => Fate) | undefined;

  readonly #socket: PeerSocket;
  readonly #name: string;
  readonly #proxy: Place | undefined;
  readonly #calls = new Map<string, PeerCall>();
  readonly #clients = new Map<string, (response: PeerMessage) => void>();
  /** By branch and method: the last response, or none yet. */
  readonly #servers = new Map<string, PeerMessage | undefined>();
  readonly #quiet = new Set<() => void>();
  #waiters: { matches: (seen: Seen) => boolean; fire: (message: PeerMessage) => void }[] = [];

  private constructor(socket: PeerSocket, options: SipPeerOptions) {
    this.#socket = socket;
    this.#name = options.name ?? 'peer';
    this.#proxy = options.proxy;
  }

  static async open(options: SipPeerOptions): Promise<SipPeer> {
    const created: { peer?: SipPeer } = {};
    const socket = await openPeerSocket({
      address: options.address,
      port: options.port ?? 0,
      transport: options.transport ?? 'udp',
      tls: options.tls,
      onMessage: (text, from) => void created.peer?.receive(text, from),
    });
    return (created.peer = new SipPeer(socket, options));
  }

  get address(): string {
    return this.#socket.address;
  }

  get port(): number {
    return this.#socket.port;
  }

  get transport(): PeerTransport {
    return this.#socket.transport;
  }

  /** `127.0.0.3:5070`, IPv6 in brackets. */
  get hostPort(): string {
    return `${this.address.includes(':') ? `[${this.address}]` : this.address}:${this.port}`;
  }

  /** `sip:127.0.0.3:5070;transport=udp`, as an origination URI. */
  get uri(): string {
    return `sip:${this.hostPort};transport=${this.transport}`;
  }

  get contact(): string {
    return `<sip:${this.#name}@${this.hostPort}${this.transport === 'udp' ? '' : `;transport=${this.transport}`}>`;
  }

  newVia(): string {
    return `SIP/2.0/${this.transport.toUpperCase()} ${this.hostPort};branch=z9hG4bK${token()};rport`;
  }

  /** Places a call; the INVITE is on its way when this returns. */
  invite(options: InviteOptions): OutgoingCall {
    const call = new OutgoingCall(this, { ...options, proxy: options.proxy ?? this.#requireProxy() });
    this.#calls.set(keyOf(call), call);
    return call;
  }

  /** A request outside any call; resolves with its final response. */
  async request(options: OutOfDialogRequest): Promise<PeerMessage> {
    const { method, uri, headers, body = '' } = options;
    const message = new PeerMessage(
      `${method} ${uri} SIP/2.0`,
      [
        { name: 'Via', value: this.newVia() },
        { name: 'Max-Forwards', value: '70' },
        { name: 'From', value: `<sip:${this.#name}@${this.hostPort}>;tag=${token()}` },
        { name: 'To', value: `<${uri}>` },
        { name: 'Call-ID', value: `${token()}@${this.address}` },
        { name: 'CSeq', value: `1 ${method}` },
        { name: 'Contact', value: this.contact },
      ],
      body,
    ).apply(headers);
    const done = createSignal<PeerMessage>();
    const transaction = this.transact(message, options.proxy ?? this.#requireProxy(), (response) => {
      if (response.status >= 200) done.fire(response);
    });
    return within(Promise.race([done.promise, transaction.failure]), `the answer to ${message.startLine}`);
  }

  /** Any bytes. */
  sendRaw(data: string | Buffer, to: Place = this.#requireProxy()): Promise<void> {
    return this.#socket.send(data, to);
  }

  /** First message that came in and fits, also one that came already. */
  waitFor(
    matches: (message: PeerMessage, from: Place) => boolean,
    what = 'a message',
    ms?: number,
  ): Promise<PeerMessage> {
    const fits = (seen: Seen) => seen.direction === 'in' && matches(seen.message, seen.place);
    const came = this.seen.find(fits);
    if (came) return Promise.resolve(came.message);
    const waiting = new Promise<PeerMessage>((fire) => {
      this.#waiters.push({ matches: fits, fire });
    });
    return within(waiting, what, ms);
  }

  /** Messages that came in, by method or status. */
  received(what: string | number): PeerMessage[] {
    const fits = (message: PeerMessage) =>
      typeof what === 'number' ? message.status === what : message.method === what;
    return this.seen
      .filter(({ direction, message }) => direction === 'in' && fits(message))
      .map(({ message }) => message);
  }

  /** Stops everything; throws the first error of an `onInvite` script. */
  async close(): Promise<void> {
    for (const quiet of this.#quiet) quiet();
    for (const call of this.#calls.values()) if (call instanceof IncomingCall) call.stop();
    await this.#socket.close();
    const [error] = this.errors;
    if (error) throw error;
  }

  // What calls use.

  send(message: PeerMessage, to: Place): void {
    void this.#sendTampered(message, to).catch(() => undefined);
  }

  transact(request: PeerMessage, to: Place, onResponse: (response: PeerMessage) => void): Transaction {
    const failure = createSignal<never>();
    const again =
      this.transport === 'udp' ? repeat(() => void this.#sendTampered(request, to)) : () => undefined;
    const quiet = () => {
      again();
      this.#quiet.delete(quiet);
    };
    this.#quiet.add(quiet);
    this.#clients.set(`${request.branch} ${request.method}`, (response) => {
      if (response.status >= 200 || request.method === 'INVITE') quiet();
      onResponse(response);
    });
    this.#sendTampered(request, to).catch((error: unknown) => {
      quiet();
      failure.fail(error as Error);
    });
    return { quiet, failure: failure.promise };
  }

  respond({ message, from }: ReceivedRequest, response: PeerMessage): void {
    this.#servers.set(`${message.branch} ${message.method}`, response);
    this.send(response, from);
  }

  forget(call: { callId: string; localTag: string }): void {
    this.#calls.delete(keyOf(call));
  }

  async receive(text: string, from: Place): Promise<void> {
    const message = parseMessage(text);
    const seen: Seen = { at: Date.now(), direction: 'in', message, place: from };
    this.seen.push(seen);
    const fate = this.tamper?.(message, 'in') ?? 'pass';
    if (fate === 'drop') return;
    if (typeof fate === 'object') await wait(fate.delayMs);
    for (const waiter of this.#waiters) if (waiter.matches(seen)) waiter.fire(message);
    this.#waiters = this.#waiters.filter((waiter) => !waiter.matches(seen));
    if (message.isResponse) this.#clients.get(`${message.branch} ${message.cseq.method}`)?.(message);
    else this.#receiveRequest({ message, from });
  }

  #receiveRequest(request: ReceivedRequest): void {
    const { message, from } = request;
    const key = `${message.branch} ${message.method}`;
    if (message.method !== 'ACK') {
      if (this.#servers.has(key)) {
        const last = this.#servers.get(key);
        if (last) this.send(last, from);
        return;
      }
      this.#servers.set(key, undefined);
    }
    const call = this.#callOf(message);
    if (message.method === 'CANCEL') this.#receiveCancel(request);
    else if (call) call.receive(request);
    else if (message.method === 'INVITE' && tagOf(message.header('To')) === '') this.#receiveInvite(request);
    else this.#receiveStray(request);
  }

  /** By Call-ID and our tag, which the other side puts into To. */
  #callOf(message: PeerMessage): PeerCall | undefined {
    return this.#calls.get(`${message.callId} ${tagOf(message.header('To'))}`);
  }

  #receiveInvite(request: ReceivedRequest): void {
    const call = new IncomingCall(this, request);
    this.#calls.set(keyOf(call), call);
    if (!this.onInvite) return;
    Promise.resolve(this.onInvite(call)).catch((error: unknown) => {
      this.errors.push(error as Error);
    });
  }

  #receiveCancel(request: ReceivedRequest): void {
    for (const call of this.#calls.values()) {
      if (call instanceof IncomingCall && call.invite.branch === request.message.branch) {
        call.receiveCancel(request);
        return;
      }
    }
    this.respond(request, buildResponse(request.message, { status: 481 }, token()));
  }

  #receiveStray(request: ReceivedRequest): void {
    const { method } = request.message;
    if (method === 'ACK') return;
    const inDialog = tagOf(request.message.header('To')) !== '';
    const byDefault: RequestAnswer | undefined = inDialog
      ? { status: 481 }
      : method === 'OPTIONS'
        ? { status: 200 }
        : undefined;
    const answer = this.onRequest ? this.onRequest(request.message) : byDefault;
    if (answer) this.respond(request, buildResponse(request.message, answer, token()).apply(answer.headers));
  }

  async #sendTampered(message: PeerMessage, to: Place): Promise<void> {
    this.seen.push({ at: Date.now(), direction: 'out', message, place: to });
    const fate = this.tamper?.(message, 'out') ?? 'pass';
    if (fate === 'drop') return;
    if (typeof fate === 'object') await wait(fate.delayMs);
    await this.#socket.send(message.toString(), to);
    if (fate === 'duplicate') await this.#socket.send(message.toString(), to);
  }

  #requireProxy(): Place {
    if (this.#proxy) return this.#proxy;
    throw new Error('this peer has no proxy: give one with the request or when the peer is opened');
  }
}

const keyOf = (call: { callId: string; localTag: string }): string => `${call.callId} ${call.localTag}`;
