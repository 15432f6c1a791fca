// SPDX-License-Identifier: Apache-2.0
import { PeerCall } from './peer-call.ts';
import { createSignal, within, type PeerCore, type Transaction } from './peer-core.ts';
import { answerChallenge, type PeerCredentials } from './peer-digest.ts';
import { PeerMessage, type HeaderChanges } from './peer-message.ts';
import type { Place } from './peer-socket.ts';

export interface InviteOptions {
  /** Request-URI, and the To header unless `headers` has one; a number alone: that number at the proxy. */
  to: string;
  /** A number or user (the host is then the Request-URI's), or a whole From value without tag. */
  from: string;
  /** Where it is sent. Default: the peer's proxy. */
  proxy?: Place;
  /** Added, or in place of the defaults; null leaves one out. */
  headers?: HeaderChanges;
  /** Offer; absent: an INVITE without offer. */
  sdp?: string;
  /** Answers 407 and 401 once. */
  auth?: PeerCredentials;
  callId?: string;
  /** False: the script acknowledges a 2xx itself, by `ack()`. */
  autoAck?: boolean;
}

/** A call that the peer places. */
export class OutgoingCall extends PeerCall {
  /** All responses to all INVITEs of the call, in order. */
  readonly responses: PeerMessage[] = [];
  /** The Proxy-Authorization or Authorization value sent, where there was a challenge. */
  authorization = '';
  readonly #options: InviteOptions;
  readonly #final = createSignal<PeerMessage>();
  #invite: PeerMessage;
  #transaction: Transaction | undefined;
  #acked = false;
  #waiters: { matches: (response: PeerMessage) => boolean; fire: (response: PeerMessage) => void }[] = [];

  constructor(core: PeerCore, options: InviteOptions & { proxy: Place }) {
    super(core, options.proxy, options.callId === undefined ? {} : { callId: options.callId });
    const { address, port } = options.proxy;
    const host = `${address.includes(':') ? `[${address}]` : address}:${port}`;
    this.#options = /^\+?\d+$/.test(options.to) ? { ...options, to: `sip:${options.to}@${host}` } : options;
    this.localSdp = options.sdp ?? '';
    this.#invite = this.#firstInvite();
    this.localParty = this.#invite.header('From');
    this.remoteParty = this.#invite.header('To');
    this.#send();
  }

  /** The INVITE as sent last. */
  get invite(): PeerMessage {
    return this.#invite;
  }

  /** First response with this status, also one that came already. */
  response(status: number, ms?: number): Promise<PeerMessage> {
    const came = this.responses.find((response) => response.status === status);
    if (came) return Promise.resolve(came);
    const waiting = new Promise<PeerMessage>((fire) => {
      this.#waiters.push({ matches: (response) => response.status === status, fire });
    });
    return within(waiting, `a ${status} for ${this.#invite.startLine} (${this.#seen()})`, ms);
  }

  /** The final response; a challenge that was answered is none. */
  final(ms?: number): Promise<PeerMessage> {
    return within(this.#final.promise, `a final response to ${this.#invite.startLine} (${this.#seen()})`, ms);
  }

  /** The final response, which must be a 2xx. */
  async answered(ms?: number): Promise<PeerMessage> {
    const final = await this.final(ms);
    if (final.status < 300) return final;
    throw new Error(
      `${this.#invite.startLine} was answered ${final.status} ${final.reason} (${final.header('Reason')})`,
    );
  }

  /** Acknowledges the 2xx, where `autoAck` is false; with the answer to an offer that came in it. */
  ack(sdp?: string): void {
    this.#acked = true;
    if (sdp !== undefined) this.localSdp = sdp;
    this.sendAck(this.#invite.cseq.number, sdp === undefined ? {} : { body: sdp });
  }

  /** Acknowledges a reliable provisional response (RFC 3262 §4). */
  prack(response: PeerMessage): Promise<PeerMessage> {
    const rack = `${response.header('RSeq')} ${response.header('CSeq')}`;
    return this.request('PRACK', { headers: { RAck: rack } });
  }

  /** CANCEL: same branch as the INVITE (RFC 3261 §9.1); resolves with the answer to the CANCEL. */
  async cancel(): Promise<PeerMessage> {
    const invite = this.#invite;
    const cancel = new PeerMessage(`CANCEL ${invite.uri} SIP/2.0`, [
      { name: 'Via', value: invite.header('Via') },
      { name: 'Max-Forwards', value: '70' },
      { name: 'From', value: invite.header('From') },
      { name: 'To', value: invite.header('To') },
      { name: 'Call-ID', value: this.callId },
      { name: 'CSeq', value: `${invite.cseq.number} CANCEL` },
    ]);
    const done = createSignal<PeerMessage>();
    this.core.transact(cancel, this.place, (response) => {
      done.fire(response);
    });
    return within(done.promise, `the answer to CANCEL in ${this.callId}`);
  }

  #firstInvite(): PeerMessage {
    const { to, from, headers, sdp } = this.#options;
    const host = /@([^;?>]+)/.exec(to)?.[1] ?? /^sips?:([^;?>]+)/.exec(to)?.[1] ?? this.core.address;
    const party = /[<:]/.test(from) ? from : `<sip:${from}@${host}>`;
    const invite = new PeerMessage(`INVITE ${to} SIP/2.0`, [
      { name: 'Via', value: this.core.newVia() },
      { name: 'Max-Forwards', value: '70' },
      { name: 'From', value: `${party};tag=${this.localTag}` },
      { name: 'To', value: `<${to}>` },
      { name: 'Call-ID', value: this.callId },
      { name: 'CSeq', value: '1 INVITE' },
      { name: 'Contact', value: this.core.contact },
      { name: 'Allow', value: 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE' },
    ]);
    if (sdp !== undefined) {
      invite.set('Content-Type', 'application/sdp');
      invite.body = sdp;
    }
    return invite.apply(headers);
  }

  #send(): void {
    const invite = this.#invite;
    this.#transaction = this.core.transact(invite, this.place, (response) => {
      this.#receiveResponse(invite, response);
    });
    this.#transaction.failure.catch((error: unknown) => {
      this.#final.fail(error as Error);
    });
  }

  #receiveResponse(invite: PeerMessage, response: PeerMessage): void {
    this.responses.push(response);
    // A challenge that is repeated later, because our ACK was lost, has another tag.
    if (response.status > 100 && invite === this.#invite) this.learn(response, response.header('To'));
    if (response.status >= 300) this.ackFailure(invite, response);
    if (invite === this.#invite && response.status >= 200 && !this.#retryWithAuth(response))
      this.#finish(response);
    for (const waiter of this.#waiters) if (waiter.matches(response)) waiter.fire(response);
    this.#waiters = this.#waiters.filter((waiter) => !waiter.matches(response));
  }

  #finish(response: PeerMessage): void {
    // A repeated 2xx means that our ACK was lost.
    if (response.status < 300 && (this.#acked || this.#options.autoAck !== false)) this.ack();
    this.#final.fire(response);
  }

  #retryWithAuth(response: PeerMessage): boolean {
    const { auth } = this.#options;
    if (!auth || this.authorization !== '' || (response.status !== 407 && response.status !== 401))
      return false;
    const [challengeName, name] =
      response.status === 407
        ? ['Proxy-Authenticate', 'Proxy-Authorization']
        : ['WWW-Authenticate', 'Authorization'];
    const value = answerChallenge(
      response.all(challengeName),
      { method: 'INVITE', uri: this.#invite.uri },
      auth,
    );
    if (value === undefined) return false;
    this.authorization = value;
    const next = new PeerMessage(this.#invite.startLine, [...this.#invite.headers], this.#invite.body);
    next.set('Via', this.core.newVia());
    next.set('CSeq', `${(this.cseq += 1)} INVITE`);
    next.set(name, value);
    this.#invite = next;
    this.#send();
    return true;
  }

  #seen(): string {
    const all = this.responses.map(({ status }) => status).join(' ');
    return all === '' ? 'no response so far' : `so far: ${all}`;
  }
}
