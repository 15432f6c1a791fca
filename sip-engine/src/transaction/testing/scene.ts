// SPDX-License-Identifier: Apache-2.0
import { addToTag, createResponse } from '../../message/create-response.ts';
import { getHeader } from '../../message/headers.ts';
import type { SipRequest, SipResponse } from '../../message/sip-message.ts';
import { serialiseMessage } from '../../message/serialise-message.ts';
import type { ClientTransaction, Flow, Hop, RequestOptions, ServerTransaction } from '../contract.ts';
import { LargeRequests } from '../large-requests.ts';
import { completeTimers, type TimerOptions } from '../timers.ts';
import { SipTransactionLayer } from '../transaction-layer.ts';
import { ManualClock } from './manual-clock.ts';
import { flowTo, received, SimulatedTransport } from './simulated-transport.ts';

/** A layer on a simulated network with a clock that stands still, and a user that notes everything; for tests only. */
export class Scene {
  readonly clock = new ManualClock();
  readonly transport = new SimulatedTransport();
  readonly layer: SipTransactionLayer;
  /** What the user was told, in words. */
  readonly events: string[] = [];
  readonly requests: ServerTransaction[] = [];
  readonly acks: SipRequest[] = [];
  readonly cancels: { cancel: ServerTransaction; invite: ServerTransaction | undefined }[] = [];
  readonly strays: SipResponse[] = [];
  readonly thrown: unknown[] = [];

  constructor({ largeOverTcp = false, ...timers }: TimerOptions & { largeOverTcp?: boolean } = {}) {
    const context = {
      timers: completeTimers(timers),
      clock: this.clock,
      transport: this.transport,
      counters: { retransmitted: 0, absorbed: 0, merged: 0, strays: 0, timeouts: 0 },
      large: largeOverTcp ? new LargeRequests(this.transport, () => this.clock.now().getTime()) : undefined,
      tell: (call: () => void) => {
        try {
          call();
        } catch (error) {
          this.thrown.push(error);
        }
      },
    };
    this.layer = new SipTransactionLayer(context, this.transport);
    this.layer.setUser({
      onRequest: (transaction) => {
        this.requests.push(transaction);
        transaction.onEnd((why) => this.events.push(`end ${why}`));
      },
      onAck: (ack) => this.acks.push(ack),
      onCancel: (cancel, invite) => this.cancels.push({ cancel, invite }),
      onStrayResponse: (response) => this.strays.push(response),
    });
  }

  /** A request comes in. */
  arrive(method: string, changes: RequestChanges = {}): void {
    this.layer.receive(received(requestText(method, changes), changes.flow ?? peerFlow));
  }

  /** The newest request handed to the user. */
  get last(): ServerTransaction {
    const transaction = this.requests.at(-1);
    if (transaction === undefined) throw new Error('no request came through');
    return transaction;
  }

  /** The user answers the newest request. */
  answer(status: number): SipResponse {
    const response = createResponse(this.last.request, status);
    addToTag(response, 'ours');
    this.last.respond(response);
    return response;
  }

  /** Sends a request; the user's events are noted. Resolves when the first hop has been tried. */
  async call(
    request: string | SipRequest,
    hops: Hop[] = [udpHop],
    prepare?: RequestOptions['prepare'],
  ): Promise<ClientTransaction> {
    const options: RequestOptions = prepare === undefined ? { hops } : { hops, prepare };
    const sent = typeof request === 'string' ? requestOf(request) : request;
    const { method } = sent;
    const transaction = this.layer.request(sent, options, {
      sent: (_request, flow) => this.events.push(`sent ${flow.protocol} ${flow.remoteAddress}`),
      response: (response) => this.events.push(`${method} ${response.status}`),
      failed: (why, detail) => this.events.push(`failed ${why}: ${detail}`),
      ended: () => this.events.push('ended'),
    });
    await settle();
    return transaction;
  }

  /** The peer answers `request` (default: the last one that went out). */
  reply(status: number, request = this.lastSent, tag = 'theirs'): void {
    const response = createResponse(request, status);
    addToTag(response, tag);
    const via = getHeader(request, 'Via') ?? '';
    const flow = via.includes('/TCP')
      ? flowTo('tcp', '198.51.100.1', 5060)
      : flowTo('udp', '198.51.100.1', 5060);
    this.layer.receive(received(serialiseMessage(response).toString(), flow));
  }

  /** The last request that went out. */
  get lastSent(): SipRequest {
    const found = this.transport.lastRequest;
    if (found === undefined) throw new Error('no request went out');
    return found;
  }

  /** The peer refuses the last request, which is given back. */
  refuse(status: number): SipRequest {
    const request = this.lastSent;
    this.reply(status, request);
    return request;
  }

  /** Moves the clock on, and tells after how many milliseconds, to the next fifty, something went out. */
  sendTimes(milliseconds: number): number[] {
    const times: number[] = [];
    for (let now = 50; now <= milliseconds; now += 50) {
      const before = this.transport.sent.length;
      this.clock.advance(50);
      for (let sent = before; sent < this.transport.sent.length; sent += 1) times.push(now);
    }
    return times;
  }

  takeEvents(): string[] {
    return this.events.splice(0);
  }
}

export const udpHop: Hop = { protocol: 'udp', address: '198.51.100.1', port: 5060 };
export const secondHop: Hop = { protocol: 'udp', address: '198.51.100.2', port: 5062 };
export const tcpHop: Hop = { protocol: 'tcp', address: '198.51.100.1', port: 5060 };

const peerFlow = flowTo('udp', '203.0.113.9', 40_000);

export interface RequestChanges {
  branch?: string;
  sentBy?: string;
  /** Further Via parameters. */
  via?: string;
  uri?: string;
  to?: string;
  from?: string;
  sequence?: number;
  flow?: Flow;
  body?: string;
}

const usual = {
  branch: 'z9hG4bK-peer-1',
  sentBy: '203.0.113.9:5080',
  via: '',
  uri: 'sip:+15550101@192.0.2.1',
  to: '<sip:+15550101@192.0.2.1>',
  from: '<sip:+15550100@203.0.113.9>;tag=peer',
  sequence: 1,
  flow: peerFlow,
  body: '',
};

export function requestText(method: string, changes: RequestChanges = {}): string {
  const { branch, sentBy, via, uri, to, from, sequence, flow, body } = { ...usual, ...changes };
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/${flow.protocol.toUpperCase()} ${sentBy}${via};branch=${branch}`,
    `From: ${from}`,
    `To: ${to}`,
    'Call-ID: call-1',
    `CSeq: ${sequence} ${method}`,
    'Max-Forwards: 70',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

export function requestOf(method: string): SipRequest {
  const headers = [
    { name: 'Route', value: '<sip:198.51.100.1;lr>' },
    { name: 'Max-Forwards', value: '69' },
    { name: 'From', value: '<sip:+15550100@192.0.2.1>;tag=ours' },
    { name: 'To', value: '<sip:+15550101@198.51.100.1>' },
    { name: 'Call-ID', value: 'call-2' },
    { name: 'CSeq', value: `7 ${method}` },
  ];
  return {
    kind: 'request',
    method,
    uri: 'sip:+15550101@198.51.100.1',
    headers,
    body: Buffer.from('v=0\r\n'),
  };
}

/** Lets everything that waits for the next tick happen. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
