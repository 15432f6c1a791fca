// SPDX-License-Identifier: Apache-2.0
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

/*
 * A SIP endpoint made of a socket and string pieces, for tests: it does what it is told, right or wrong. It repeats nothing and
 * answers nothing by itself.
 */

export interface PeerMessage {
  start: string;
  /** Empty for a response. */
  method: string;
  /** 0 for a request. */
  status: number;
  /** Lower-case names, in order. */
  headers: [name: string, value: string][];
  body: string;
  from: RemoteInfo;
}

export interface Extra {
  headers?: Record<string, string>;
  body?: string;
}

type Match = string | number | ((message: PeerMessage) => boolean);

const WAIT_MS = 8_000;
let counter = 0;
const fresh = (word: string): string => `${word}${process.pid.toString(36)}${(++counter).toString(36)}`;

export const header = (message: PeerMessage, name: string): string =>
  message.headers.find(([each]) => each === name.toLowerCase())?.[1] ?? '';

export const tagOf = (value: string): string => /;tag=([^;>\s]+)/.exec(value)?.[1] ?? '';
export const uriOf = (value: string): string => /<([^>]+)>/.exec(value)?.[1] ?? value.replace(/;.*/, '');

export const sdp = (port: number, extra = ''): string =>
  `v=0\r\no=- ${port} 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0 8\r\na=sendrecv\r\n${extra}`;

export class SipPeer {
  readonly address: string;
  readonly port: number;
  readonly #socket: Socket;
  #inbox: PeerMessage[] = [];
  #waiting: { match: (message: PeerMessage) => boolean; take: (message: PeerMessage) => void }[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    ({ address: this.address, port: this.port } = socket.address());
    socket.on('message', (data, from) => {
      this.#received(parse(data.toString('utf8'), from));
    });
  }

  static async open(address = '127.0.0.1'): Promise<SipPeer> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new SipPeer(socket);
  }

  get uri(): string {
    return `sip:peer@${this.address}:${this.port}`;
  }

  close(): void {
    this.#socket.close();
  }

  send(text: string, to: { address: string; port: number }): void {
    this.#socket.send(text, to.port, to.address);
  }

  /** The first message that fits and has not been taken; a method, a status, or a function. */
  next(match: Match, waitMs = WAIT_MS): Promise<PeerMessage> {
    const fits = matcher(match);
    const index = this.#inbox.findIndex(fits);
    const [found] = index < 0 ? [] : this.#inbox.splice(index, 1);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const entry = {
        match: fits,
        take: (message: PeerMessage) => {
          clearTimeout(timer);
          resolve(message);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((each) => each !== entry);
        const seen = this.#inbox.map(({ start }) => start).join(' | ');
        reject(new Error(`${this.address}:${this.port} waited for ${String(match)}; it has: ${seen}`));
      }, waitMs);
      this.#waiting.push(entry);
    });
  }

  /** Messages that nobody has taken. */
  get untaken(): PeerMessage[] {
    return this.#inbox;
  }

  /** Starts a call; the dialog side is filled in as answers come. */
  invite(
    to: { uri: string; via: { address: string; port: number } },
    options: Extra & { from?: string; callId?: string } = {},
  ): PeerCall {
    const call = new PeerCall(this, {
      callId: options.callId ?? fresh('call'),
      local: options.from ?? `<sip:+15550100@${this.address}>`,
      localTag: fresh('t'),
      remote: `<${to.uri}>`,
      target: to.uri,
      hop: to.via,
    });
    call.request('INVITE', options);
    return call;
  }

  /** A request outside of any call. */
  options(to: { uri: string; via: { address: string; port: number } }): void {
    new PeerCall(this, {
      callId: fresh('call'),
      local: `<sip:+15550100@${this.address}>`,
      localTag: fresh('t'),
      remote: `<${to.uri}>`,
      target: to.uri,
      hop: to.via,
    }).request('OPTIONS');
  }

  /** The callee's side of an INVITE that came in. */
  answerer(invite: PeerMessage): PeerCall {
    return new PeerCall(this, {
      callId: header(invite, 'call-id'),
      local: header(invite, 'to'),
      localTag: fresh('u'),
      remote: header(invite, 'from'),
      target: uriOf(header(invite, 'contact')),
      hop: invite.from,
    });
  }

  #received(message: PeerMessage): void {
    const index = this.#waiting.findIndex(({ match }) => match(message));
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiting) waiting.take(message);
    else this.#inbox.push(message);
  }
}

interface Ends {
  callId: string;
  local: string;
  localTag: string;
  remote: string;
  target: string;
  hop: { address: string; port: number };
}

/** One side of a dialog. */
export class PeerCall {
  readonly #peer: SipPeer;
  readonly #ends: Ends;
  #cseq = 1;
  #invite: { branch: string; cseq: number; extra: Extra } | undefined;

  constructor(peer: SipPeer, ends: Ends) {
    this.#peer = peer;
    this.#ends = ends;
  }

  get callId(): string {
    return this.#ends.callId;
  }

  /** Sends a request of this dialog; a fresh branch, the next CSeq. */
  request(method: string, extra: Extra = {}): { branch: string; cseq: number } {
    const branch = fresh('z9hG4bK');
    const cseq = this.#cseq++;
    if (method === 'INVITE') this.#invite = { branch, cseq, extra };
    this.#write(method, { branch, cseq, extra });
    return { branch, cseq };
  }

  /** The same INVITE again with more headers, as after a challenge: same Call-ID, next CSeq, new branch. */
  retry(headers: Record<string, string>): void {
    const extra = this.#invite?.extra ?? {};
    this.request('INVITE', { ...extra, headers: { ...extra.headers, ...headers } });
  }

  /** ACK for a final answer: within the INVITE's transaction for a refusal. */
  ack(answer: PeerMessage, extra: Extra = {}): void {
    const cseq = Number.parseInt(header(answer, 'cseq'), 10);
    const branch = answer.status >= 300 ? (this.#invite?.branch ?? '') : fresh('z9hG4bK');
    if (answer.status < 300) {
      this.#ends.remote = header(answer, 'to');
      this.#ends.target = uriOf(header(answer, 'contact'));
    }
    const to = answer.status >= 300 ? header(answer, 'to') : undefined;
    this.#write('ACK', { branch, cseq, extra, ...(to !== undefined && { to }) });
  }

  cancel(extra: Extra = {}): void {
    if (this.#invite) this.#write('CANCEL', { ...this.#invite, extra });
  }

  /** Answers a request that came from the other side. */
  reply(request: PeerMessage, status: number, reason: string, extra: Extra = {}): void {
    const tagged = tagOf(header(request, 'to')) === '' && status !== 100;
    const lines = request.headers
      .filter(([name]) => ['via', 'from', 'call-id', 'cseq', 'record-route'].includes(name))
      .map(([name, value]) => `${name}: ${value}`);
    const to = header(request, 'to') + (tagged ? `;tag=${this.#ends.localTag}` : '');
    const head = [`SIP/2.0 ${status} ${reason}`, ...lines, `To: ${to}`, `Contact: <${this.#peer.uri}>`];
    if (tagged) this.#ends.local = to.replace(/;tag=.*/, '');
    this.#peer.send(finish(head, extra), request.from);
  }

  #write(
    method: string,
    { branch, cseq, extra, to }: { branch: string; cseq: number; extra: Extra; to?: string },
  ): void {
    const { local, localTag, remote, target, callId, hop } = this.#ends;
    const { address, port } = this.#peer;
    const from = local.includes(';tag=') ? local : `${local};tag=${localTag}`;
    const head = [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${address}:${port};branch=${branch};rport`,
      'Max-Forwards: 70',
      `From: ${from}`,
      `To: ${to ?? remote}`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <${this.#peer.uri}>`,
    ];
    this.#peer.send(finish(head, extra), hop);
  }
}

const finish = (head: string[], { headers = {}, body = '' }: Extra): string => {
  const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const replaced = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const kept = head.filter((line, i) => i === 0 || !replaced.has((line.split(':')[0] ?? '').toLowerCase()));
  const named = [...replaced].includes('content-type');
  const type = body === '' || named ? [] : ['Content-Type: application/sdp'];
  return [...kept, ...given, ...type, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
};

const parse = (text: string, from: RemoteInfo): PeerMessage => {
  const end = text.indexOf('\r\n\r\n');
  const [start = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = /^SIP\/2\.0 (\d{3})/.exec(start)?.[1];
  return {
    start,
    method: status === undefined ? (start.split(' ')[0] ?? '') : '',
    status: Number(status ?? 0),
    headers: lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
    body: text.slice(end + 4),
    from,
  };
};

const matcher = (match: Match): ((message: PeerMessage) => boolean) => {
  if (typeof match === 'function') return match;
  return typeof match === 'number' ? ({ status }) => status === match : ({ method }) => method === match;
};
