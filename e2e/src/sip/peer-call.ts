// SPDX-License-Identifier: Apache-2.0
import { createSignal, reasonOf, token, within, type PeerCore, type ReceivedRequest } from './peer-core.ts';
import { PeerMessage, tagOf, uriOf, type HeaderChanges } from './peer-message.ts';
import type { Place } from './peer-socket.ts';

export interface RequestOptions {
  headers?: HeaderChanges;
  body?: string;
  contentType?: string;
  /** How long to wait for the answer. Default 10,000. */
  patienceMs?: number;
}

/** What a script makes of a request inside the call. */
export interface RequestAnswer {
  status: number;
  reason?: string;
  sdp?: string;
  headers?: HeaderChanges;
}

/** One dialog as one of its ends sees it (RFC 3261 §12). */
export class PeerCall {
  readonly callId: string;
  readonly localTag: string;
  /** All requests of the other side inside the dialog, ACK included, in order. */
  readonly requests: PeerMessage[] = [];
  /** SDP that the other side sent last. */
  remoteSdp = '';
  /** SDP that we sent last; answers a re-INVITE unless `onReinvite` says otherwise. */
  localSdp = '';
  /** Answers a re-INVITE; default: 200 with our last SDP. Undefined: silence. */
  onReinvite: ((request: PeerMessage) => RequestAnswer | undefined) | undefined;
  /** Answers any other request but ACK and CANCEL; default: 200. Undefined: silence. */
  onRequest: ((request: PeerMessage) => RequestAnswer | undefined) | undefined;

  protected readonly core: PeerCore;
  /** Where requests go. */
  protected place: Place;
  protected localParty = '';
  protected remoteParty = '';
  protected remoteTarget = '';
  protected cseq = 1;
  readonly #ended = createSignal<PeerMessage>();
  #ackWaiters: { number: number; fire: (ack: PeerMessage) => void }[] = [];

  constructor(core: PeerCore, place: Place, identity: { callId?: string } = {}) {
    this.core = core;
    this.place = place;
    this.callId = identity.callId ?? `${token()}@${core.address}`;
    this.localTag = token();
  }

  /** Resolves with the BYE of the other side. */
  ended(ms?: number): Promise<PeerMessage> {
    return within(this.#ended.promise, `BYE in call ${this.callId}`, ms);
  }

  /** Resolves when the other side has said BYE, without a limit. */
  get over(): Promise<PeerMessage> {
    return this.#ended.promise;
  }

  /** The other side's requests of one method so far. */
  requestsOf(method: string): PeerMessage[] {
    return this.requests.filter((request) => request.method === method);
  }

  /** A request inside the dialog; resolves with its final response. */
  async request(method: string, options: RequestOptions = {}): Promise<PeerMessage> {
    const message = this.#build(method, (this.cseq += 1), options);
    const done = createSignal<PeerMessage>();
    const transaction = this.core.transact(message, this.#destination(), (response) => {
      if (response.status >= 200) done.fire(response);
      if (response.status >= 300 && method === 'INVITE') this.ackFailure(message, response);
    });
    const final = await within(
      Promise.race([done.promise, transaction.failure]),
      `the answer to ${method} in ${this.callId}`,
      options.patienceMs,
    );
    if (method === 'INVITE' && final.status < 300) {
      this.remoteSdp = final.body || this.remoteSdp;
      this.sendAck(message.cseq.number);
    }
    return final;
  }

  /** Ends the call; resolves with the answer. */
  async bye(options: RequestOptions = {}): Promise<PeerMessage> {
    const answer = await this.request('BYE', options);
    this.core.forget(this);
    return answer;
  }

  /** A new offer; a 2xx is acknowledged. */
  reinvite(sdp: string, headers: HeaderChanges = {}): Promise<PeerMessage> {
    this.localSdp = sdp;
    return this.request('INVITE', { headers, body: sdp, contentType: 'application/sdp' });
  }

  /** ACK of a 2xx: a transaction of its own (RFC 3261 §13.2.2.4). */
  sendAck(number: number, options: RequestOptions = {}): void {
    this.core.send(this.#build('ACK', number, options), this.#destination());
  }

  /** For the peer: a request that belongs to this dialog. */
  receive(request: ReceivedRequest): void {
    const { message } = request;
    this.requests.push(message);
    if (message.method === 'ACK') {
      this.#receiveAck(message);
      return;
    }
    if (message.method === 'INVITE') {
      this.#receiveReinvite(request);
      return;
    }
    const answer = this.onRequest ? this.onRequest(message) : { status: 200 };
    if (answer) this.reply(request, answer);
    if (message.method === 'BYE') {
      this.#ended.fire(message);
      this.core.forget(this);
    }
  }

  protected reply({ message, from }: ReceivedRequest, answer: RequestAnswer): PeerMessage {
    const response = buildResponse(message, answer, this.localTag);
    if (message.method === 'INVITE') response.set('Contact', this.core.contact);
    response.apply(answer.headers);
    if (answer.sdp !== undefined) {
      this.localSdp = answer.sdp;
      response.set('Content-Type', 'application/sdp');
      response.body = answer.sdp;
    }
    this.core.respond({ message, from }, response);
    return response;
  }

  protected ackFor(number: number): Promise<PeerMessage> {
    return new Promise((fire) => {
      this.#ackWaiters.push({ number, fire });
    });
  }

  /** ACK of a failure: same transaction, same branch (RFC 3261 §17.1.1.3). */
  protected ackFailure(invite: PeerMessage, response: PeerMessage): void {
    const ack = new PeerMessage(`ACK ${invite.uri} SIP/2.0`, [
      { name: 'Via', value: invite.header('Via') },
      { name: 'Max-Forwards', value: '70' },
      { name: 'From', value: invite.header('From') },
      { name: 'To', value: response.header('To') },
      { name: 'Call-ID', value: this.callId },
      { name: 'CSeq', value: `${invite.cseq.number} ACK` },
    ]);
    this.core.send(ack, this.place);
  }

  /** Takes tag, target and SDP from a message of the other side. */
  protected learn(message: PeerMessage, party: string): void {
    if (tagOf(party) !== '') this.remoteParty = party;
    const contact = message.header('Contact');
    if (contact !== '') this.remoteTarget = uriOf(contact);
    if (message.body !== '') this.remoteSdp = message.body;
  }

  /** Requests inside the dialog go to the other side's Contact; on TCP over the connection that is there. */
  #destination(): Place {
    const [, six, host, port] =
      /^sips?:(?:[^@]*@)?(?:\[([^\]]+)\]|([\d.]+))(?::(\d+))?/.exec(this.remoteTarget) ?? [];
    const address = six ?? host;
    if (this.core.transport !== 'udp' || address === undefined) return this.place;
    return { address, port: Number(port ?? 5060) };
  }

  #receiveAck(message: PeerMessage): void {
    if (message.body !== '') this.remoteSdp = message.body;
    const waiting = this.#ackWaiters.filter(({ number }) => number === message.cseq.number);
    this.#ackWaiters = this.#ackWaiters.filter(({ number }) => number !== message.cseq.number);
    for (const { fire } of waiting) fire(message);
  }

  #receiveReinvite(request: ReceivedRequest): void {
    this.learn(request.message, request.message.header('From'));
    const answer = this.onReinvite ? this.onReinvite(request.message) : { status: 200, sdp: this.localSdp };
    if (answer) this.reply(request, answer);
  }

  #build(method: string, number: number, options: RequestOptions): PeerMessage {
    const target = this.remoteTarget || uriOf(this.remoteParty);
    const message = new PeerMessage(`${method} ${target} SIP/2.0`, [
      { name: 'Via', value: this.core.newVia() },
      { name: 'Max-Forwards', value: '70' },
      { name: 'From', value: this.localParty },
      { name: 'To', value: this.remoteParty },
      { name: 'Call-ID', value: this.callId },
      { name: 'CSeq', value: `${number} ${method}` },
      { name: 'Contact', value: this.core.contact },
    ]);
    if (options.body !== undefined) {
      message.set('Content-Type', options.contentType ?? 'application/sdp');
      message.body = options.body;
    }
    return message.apply(options.headers);
  }
}

/** RFC 3261 §8.2.6. */
export const buildResponse = (request: PeerMessage, answer: RequestAnswer, tag: string): PeerMessage => {
  const response = new PeerMessage(`SIP/2.0 ${answer.status} ${answer.reason ?? reasonOf(answer.status)}`);
  for (const name of ['Via', 'Record-Route', 'From', 'To', 'Call-ID', 'CSeq']) {
    const values = request.all(name);
    if (values.length > 0) response.set(name, values);
  }
  const to = response.header('To');
  if (answer.status > 100 && tagOf(to) === '') response.set('To', `${to};tag=${tag}`);
  return response;
};
