// SPDX-License-Identifier: Apache-2.0
import Srf from 'drachtio-srf';
import type { EventEmitter } from 'node:events';

/*
 * drachtio-srf as it behaves, in the words that the flows use: its own declarations call optional things required and leave
 * others out.
 */

export type AppHeaders = Record<string, string>;

export interface AppMessage {
  readonly headers: AppHeaders;
  readonly body: string;
  readonly source: 'network' | 'application';
  readonly source_address: string;
  readonly source_port: number | string;
  get(name: string): string;
}

export interface AppResponse extends AppMessage {
  readonly status: number;
  readonly reason: string;
}

export interface AppRequest extends AppMessage, EventEmitter {
  readonly method: string;
  readonly uri: string;
  cancel(options: { headers?: AppHeaders }, callback?: (error: unknown) => void): void;
}

export interface AppReply {
  send(status: number, options?: { headers?: AppHeaders; body?: string }, callback?: Done): void;
  send(
    status: number,
    reason: string,
    options?: { headers?: AppHeaders; body?: string },
    callback?: Done,
  ): void;
}

type Done = (error: unknown, sent?: unknown) => void;

export interface AppDialog extends EventEmitter {
  readonly id: string;
  readonly local: { sdp: string; contact: string };
  other: AppDialog;
  destroy(options?: { headers?: AppHeaders }): Promise<unknown>;
  modify(sdp: string): Promise<unknown>;
  request(options: { method: string; headers?: AppHeaders; body?: string }): Promise<AppResponse>;
}

export interface UacOptions {
  headers?: AppHeaders;
  localSdp?: string;
  proxy?: string;
  auth?: { username: string; password: string };
  noAck?: boolean;
  method?: string;
  body?: string;
}

export interface Progress {
  cbRequest?(error: unknown, request?: AppRequest): void;
  cbProvisional?(response: AppResponse): void;
}

export type Handler = (req: AppRequest, res: AppReply) => void;

export interface B2buaOptions extends UacOptions {
  localSdpA?: string;
  localSdpB?: string;
  proxyRequestHeaders?: string[];
  proxyResponseHeaders?: string[];
  passFailure?: boolean;
}

export interface Stack extends EventEmitter {
  connect(options: { host: string; port: number; secret: string }): unknown;
  disconnect(): void;
  invite(handler: Handler): void;
  options(handler: Handler): void;
  register(handler: Handler): void;
  message(handler: Handler): void;
  info(handler: Handler): void;
  notify(handler: Handler): void;
  request(uri: string, options: UacOptions): Promise<AppRequest>;
  createUAS(
    req: AppRequest,
    res: AppReply,
    options: { localSdp: string; headers?: AppHeaders },
  ): Promise<AppDialog>;
  createUAC(uri: string, options: UacOptions, progress?: Progress): Promise<AppDialog>;
  createB2BUA(
    req: AppRequest,
    res: AppReply,
    uri: string,
    options: B2buaOptions,
    progress?: Progress,
  ): Promise<{ uas: AppDialog; uac: AppDialog }>;
}

export const createStack = (): Stack => new Srf() as unknown as Stack;
