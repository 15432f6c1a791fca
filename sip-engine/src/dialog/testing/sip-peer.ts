// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Server, Socket as Stream } from 'node:net';
import {
  appendHeader,
  getHeader,
  getHeaders,
  parseMessage,
  readTag,
  serialiseMessage,
} from '../../message/index.ts';
import type { Header, SipMessage, SipRequest, SipResponse } from '../../message/index.ts';

const WAIT = 4000;

interface ComposeOptions {
  headers?: Header[];
  body?: string;
  contact?: string;
  callId?: string;
  tag?: string;
  cseq?: number;
}

interface Waiter {
  matches: (message: SipMessage) => boolean;
  take: (message: SipMessage) => void;
}

export const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n';

/** A SIP endpoint made of one socket: it sends what it is told and keeps what comes until it is asked for. */
export class SipPeer {
  readonly received: SipMessage[] = [];
  /** Everything that ever came, for counting repeats. */
  readonly log: SipMessage[] = [];
  port = 0;
  engine = { host: '127.0.0.1', port: 0 };
  private readonly waiters = new Set<Waiter>();
  private readonly udp: Socket | undefined;
  private server: Server | undefined;
  private stream: Stream | undefined;

  private constructor(udp: Socket | undefined) {
    this.udp = udp;
    udp?.on('message', (bytes) => {
      this.receive(bytes);
    });
  }

  static async udp(enginePort: number): Promise<SipPeer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const peer = new SipPeer(socket);
    peer.port = socket.address().port;
    peer.engine.port = enginePort;
    return peer;
  }

  /** Listens; `connect` instead opens a stream to the engine. One message per segment is assumed: enough on loopback. */
  static async tcp(enginePort: number, connect: boolean): Promise<SipPeer> {
    const peer = new SipPeer(undefined);
    peer.engine.port = enginePort;
    const listener = createServer((stream) => {
      peer.adopt(stream);
    });
    peer.server = listener;
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    peer.port = (listener.address() as AddressInfo).port;
    if (connect) {
      const stream = createConnection(enginePort, '127.0.0.1');
      await once(stream, 'connect');
      peer.adopt(stream);
    }
    return peer;
  }

  get transport(): string {
    return this.udp === undefined ? 'TCP' : 'UDP';
  }

  private adopt(stream: Stream): void {
    this.stream = stream;
    let rest = Buffer.alloc(0);
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const end = rest.indexOf('\r\n\r\n');
        if (end === -1) return;
        const length = Number(/content-length:\s*(\d+)/i.exec(rest.toString('latin1', 0, end))?.[1] ?? 0);
        if (rest.length < end + 4 + length) return;
        this.receive(rest.subarray(0, end + 4 + length));
        rest = rest.subarray(end + 4 + length);
      }
    });
  }

  send(message: SipMessage): void {
    const bytes = serialiseMessage(message);
    if (this.udp !== undefined) this.udp.send(bytes, this.engine.port, this.engine.host);
    else this.stream?.write(bytes);
  }

  sendRaw(text: string): void {
    this.udp?.send(text, this.engine.port, this.engine.host);
  }

  dropStream(): void {
    this.stream?.destroy();
  }

  close(): void {
    this.udp?.close();
    this.stream?.destroy();
    this.server?.close();
  }

  /** The next request with this method, waiting for it if needed. */
  async request(method: string): Promise<SipRequest> {
    return (await this.next(
      (m) => m.kind === 'request' && m.method === method,
      `request ${method}`,
    )) as SipRequest;
  }

  /** The next response with this status (of this CSeq method), waiting for it if needed. */
  async response(status: number, method?: string): Promise<SipResponse> {
    const wanted = (m: SipMessage): boolean =>
      m.kind === 'response' && m.status === status && (method === undefined || cseqMethod(m) === method);
    return (await this.next(wanted, `response ${status}`)) as SipResponse;
  }

  private next(matches: Waiter['matches'], what: string): Promise<SipMessage> {
    const at = this.received.findIndex(matches);
    const [found] = at === -1 ? [] : this.received.splice(at, 1);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        const seen = this.log.map((m) => (m.kind === 'request' ? m.method : `${m.status}`)).join(' ');
        reject(new Error(`no ${what} within ${WAIT} ms; seen: ${seen}`));
      }, WAIT);
      const waiter: Waiter = {
        matches,
        take: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
      };
      this.waiters.add(waiter);
    });
  }

  private receive(bytes: Buffer): void {
    const message = parseMessage(bytes);
    this.log.push(message);
    for (const waiter of this.waiters) {
      if (!waiter.matches(message)) continue;
      this.waiters.delete(waiter);
      waiter.take(message);
      return;
    }
    this.received.push(message);
  }

  /** A request outside dialogs, from `+15550100` to `+15550101`. */
  compose(method: string, options: ComposeOptions = {}): SipRequest {
    const unique = Math.random().toString(36).slice(2);
    const body = Buffer.from(options.body ?? '');
    const request: SipRequest = {
      kind: 'request',
      method,
      uri: `sip:+15550101@127.0.0.1:${this.engine.port}`,
      headers: [
        {
          name: 'Via',
          value: `SIP/2.0/${this.transport} 127.0.0.1:${this.port};rport;branch=z9hG4bK${unique}`,
        },
        { name: 'Max-Forwards', value: '70' },
        { name: 'From', value: `<sip:+15550100@127.0.0.1>;tag=${options.tag ?? unique}` },
        { name: 'To', value: '<sip:+15550101@127.0.0.1>' },
        { name: 'Call-ID', value: options.callId ?? `call-${unique}` },
        { name: 'CSeq', value: `${options.cseq ?? 1} ${method}` },
        { name: 'Contact', value: options.contact ?? this.contact },
        ...(options.headers ?? []),
      ],
      body,
    };
    if (body.length > 0) appendHeader(request, 'Content-Type', 'application/sdp');
    appendHeader(request, 'Content-Length', `${body.length}`);
    return request;
  }

  get contact(): string {
    return `<sip:peer@127.0.0.1:${this.port}${this.udp === undefined ? ';transport=tcp' : ''}>`;
  }

  invite(options: ComposeOptions = {}): SipRequest {
    const request = this.compose('INVITE', { body: SDP, ...options });
    this.send(request);
    return request;
  }

  /** ACK of a 2xx, or any other request within the dialog that `invite` and its `answer` made. */
  within(
    method: string,
    invite: SipRequest,
    answer: SipResponse,
    options: Pick<ComposeOptions, 'cseq' | 'body' | 'headers' | 'contact'> = {},
  ): SipRequest {
    const callId = getHeader(invite, 'Call-ID') ?? '';
    const request = this.compose(method, { cseq: method === 'ACK' ? 1 : 2, ...options, callId });
    replace(request, 'From', getHeader(invite, 'From') ?? '');
    replace(request, 'To', getHeader(answer, 'To') ?? '');
    const routes = getHeaders(answer, 'Record-Route');
    for (const value of routes.reverse()) appendHeader(request, 'Route', value);
    this.send(request);
    return request;
  }

  /** A request from the callee's side of the dialog that the received `invite` made with our `answer`. */
  reverse(
    method: string,
    invite: SipRequest,
    answer: SipResponse,
    options: { cseq?: number; body?: string } = {},
  ): SipRequest {
    const callId = getHeader(invite, 'Call-ID') ?? '';
    const request = this.compose(method, {
      callId,
      cseq: options.cseq ?? 1,
      ...(options.body !== undefined && { body: options.body }),
    });
    replace(request, 'From', getHeader(answer, 'To') ?? '');
    replace(request, 'To', getHeader(invite, 'From') ?? '');
    this.send(request);
    return request;
  }

  cancel(invite: SipRequest): SipRequest {
    const request: SipRequest = {
      ...invite,
      method: 'CANCEL',
      headers: invite.headers
        .filter(({ name }) => !/^content|contact/i.test(name))
        .map(({ name, value }) => ({
          name,
          value: name === 'CSeq' ? value.replace('INVITE', 'CANCEL') : value,
        })),
      body: Buffer.alloc(0),
    };
    this.send(request);
    return request;
  }

  /** Answers a request with our tag and Contact. */
  respond(
    request: SipRequest,
    status: number,
    options: { body?: string; tag?: string; headers?: Header[]; reason?: string; contact?: string } = {},
  ): SipResponse {
    const body = Buffer.from(options.body ?? '');
    const headers = request.headers
      .filter(({ name }) => /^(?:via|from|to|call-id|cseq|record-route)$/i.test(name))
      .map(({ name, value }) => ({ name, value }));
    if (status > 100) addTag(headers, options.tag ?? 'peer');
    headers.push({ name: 'Contact', value: options.contact ?? this.contact }, ...(options.headers ?? []));
    if (body.length > 0) headers.push({ name: 'Content-Type', value: 'application/sdp' });
    const response: SipResponse = {
      kind: 'response',
      status,
      reason: options.reason ?? 'Test',
      headers,
      body,
    };
    this.send(response);
    return response;
  }
}

function replace(request: SipRequest, name: string, value: string): void {
  for (const header of request.headers) if (header.name === name) header.value = value;
}

function cseqMethod(message: SipMessage): string | undefined {
  return getHeader(message, 'CSeq')?.split(' ')[1];
}

function addTag(headers: Header[], tag: string): void {
  for (const header of headers) {
    if (header.name === 'To' && readTag(header.value) === undefined) header.value += `;tag=${tag}`;
  }
}
