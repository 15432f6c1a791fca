// SPDX-License-Identifier: Apache-2.0
import Srf from 'drachtio-srf';
import type { EventEmitter } from 'node:events';

/*
 * The part of drachtio-srf that call control uses, typed as it really behaves (its own declarations miss `request`'s callback,
 * `noAck`, `cbRequest`'s error and more). Everything else of the room sees these names only, so tests can stand in for the stack.
 */

/** Header names as srf keeps them: lower case, except `X-*`, `P-*` (not P-Asserted-*) and `Diversion`. Repeats are comma-joined. */
export type SipHeaders = Record<string, string>;

interface Received {
  readonly headers: SipHeaders;
  /** Empty where there is none. */
  readonly body: string;
  readonly payload?: { type: string | null; content?: string }[];
  /** `network`; `application` where the engine itself made the message (ACK timeout, cancel race). */
  readonly source: 'network' | 'application';
  /** Empty where the engine made the message up, such as its local 408 and 503. */
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  readonly stackDialogId?: string;
}

export interface SipResponse extends Received {
  readonly status: number;
  readonly reason: string;
}

export interface SipRequest extends Received, EventEmitter {
  readonly method: string;
  readonly uri: string;
  /** Of a request that we sent. */
  cancel(options: { headers?: SipHeaders }, callback?: (error: unknown) => void): void;
}

/** What an incoming request is answered with. */
export interface SipReply {
  send(
    status: number,
    reason: string | undefined,
    options: { headers?: SipHeaders; body?: string },
    callback?: (error: unknown) => void,
    /** Of a provisional answer that is sent reliably. */
    onPrack?: () => void,
  ): void;
  readonly finalResponseSent: boolean;
}

export interface SipDialog extends EventEmitter {
  readonly id: string;
  readonly type: 'uac' | 'uas';
  readonly local: { sdp: string; contact: string };
  readonly remote: { sdp: string; uri: string };
  readonly req: SipRequest;
  readonly res: SipResponse;
  connected: boolean;
  request(
    options: { method: string; headers?: SipHeaders; body?: string; noAck?: boolean },
    callback: (error: unknown, response?: SipResponse, ack?: (options: { body: string }) => void) => void,
  ): unknown;
}

/** What createUAC gives for an INVITE without SDP under `noAck`: answered, the ACK is ours to send. */
export interface DelayedOffer {
  sdp: string;
  ack(sdp: string): Promise<SipDialog>;
  /** ACK, then BYE: gives the answered leg up. */
  destroy(): Promise<void>;
  res: SipResponse;
}

export interface UacOptions {
  headers: SipHeaders;
  localSdp?: string;
  proxy?: string;
  auth?: { username: string; password: string };
  noAck: true;
}

export interface UacProgress {
  cbRequest(error: unknown, request?: SipRequest): void;
  cbProvisional(response: SipResponse): void;
}

export type RequestHandler = (req: SipRequest, res: SipReply) => void;

export interface SipStack extends EventEmitter {
  connect(options: {
    host: string;
    port: number;
    secret: string;
    reconnect: { retryMaxDelay: number };
  }): unknown;
  disconnect(): void;
  invite(handler: RequestHandler): void;
  options(handler: RequestHandler): void;
  register(handler: RequestHandler): void;
  createUAC(
    uri: string,
    options: UacOptions,
    progress: UacProgress,
    callback: (error: unknown, answered?: SipDialog | DelayedOffer) => void,
  ): void;
  createUAS(
    req: SipRequest,
    res: SipReply,
    options: { localSdp: string; headers: SipHeaders },
    callback: (error: unknown, dialog?: SipDialog) => void,
  ): void;
  /** A request outside dialogs; `callback` gets it when it is on its way. It emits `response`. */
  request(
    uri: string,
    options: { method: string; headers: SipHeaders; proxy: string },
    callback: (error: unknown, sent?: SipRequest) => void,
  ): void;
  removeDialog(dialog: SipDialog): void;
}

/** A drachtio-srf instance under this room's types. */
export const createSipStack = (): SipStack => new Srf() as unknown as SipStack;

export const isDialog = (answered: SipDialog | DelayedOffer): answered is SipDialog => 'local' in answered;

/** A non-2xx final answer, as createUAC reports it; undefined for any other failure. */
export const refusalOf = (error: unknown): SipResponse | undefined => {
  if (!(error instanceof Error) || !('res' in error)) return undefined;
  return error.res as SipResponse;
};

/** srf gives errors as Error or as text. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Several headers of one name. srf holds one value a name and would join them with commas, which challenges must not be
 * (RFC 3261 §7.3.1); it writes the value into the frame as it is, so the value may hold the next header line.
 */
export const repeatedHeader = (name: string, values: readonly string[]): string =>
  values.join(`\r\n${name}: `);

/** An INVITE that stays without an answer: srf would wait for ours for ever, and a flood of them would fill its memory. */
export const forgetInvite = (req: SipRequest): void => {
  const { agent, socket } = req as unknown as {
    agent?: { mapServer?: Map<unknown, { pendingNetworkInvites: Map<string, unknown> }> };
    socket?: unknown;
  };
  agent?.mapServer?.get(socket)?.pendingNetworkInvites.delete(req.headers['call-id'] ?? '');
};
