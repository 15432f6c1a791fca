// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import type { PeerMessage } from './peer-message.ts';
import type { PeerTransport, Place } from './peer-socket.ts';

/** RFC 3261 §17.1.1.1; a peer gives up after 64 of them like anybody else. */
export const T1_MS = 500;

/** How long a script waits for something before the test fails. */
export const PATIENCE_MS = 10_000;

export const token = (): string => randomBytes(8).toString('hex');

/** What calls ask of the peer that they belong to. */
export interface PeerCore {
  readonly address: string;
  readonly port: number;
  readonly transport: PeerTransport;
  readonly contact: string;
  /** Via with a fresh branch. */
  newVia(): string;
  send(message: PeerMessage, to: Place): void;
  /** Sends, repeats on UDP until there is an answer, and gives every response of this branch and method. */
  transact(request: PeerMessage, to: Place, onResponse: (response: PeerMessage) => void): Transaction;
  /** Answers a request where it came from, and again when it is repeated. */
  respond(request: ReceivedRequest, response: PeerMessage): void;
  forget(call: { callId: string; localTag: string }): void;
}

export interface Transaction {
  /** No more repetitions. */
  quiet(): void;
  /** Rejects when the transport fails; never resolves. */
  readonly failure: Promise<never>;
}

export interface ReceivedRequest {
  message: PeerMessage;
  from: Place;
}

/** Repeats at T1, 2·T1 ... 4 s until told to stop, at most 64·T1. */
export const repeat = (action: () => void): (() => void) => {
  let wait = T1_MS;
  let spent = 0;
  let timer: NodeJS.Timeout;
  const next = () => {
    timer = setTimeout(() => {
      spent += wait;
      wait = Math.min(wait * 2, 4_000);
      action();
      if (spent < 64 * T1_MS) next();
    }, wait);
    timer.unref();
  };
  next();
  return () => {
    clearTimeout(timer);
  };
};

/** Something that happens once, for scripts to wait on; may have happened already. */
export interface Signal<Value> {
  readonly promise: Promise<Value>;
  fire(value: Value): void;
  fail(error: Error): void;
}

export const createSignal = <Value>(): Signal<Value> => {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  // A script need not wait for everything that can go wrong.
  promise.catch(() => undefined);
  return { promise, fire: resolve, fail: reject };
};

/** The value, or an error that names what was awaited. */
export const within = async <Value>(
  promise: Promise<Value>,
  what: string,
  ms = PATIENCE_MS,
): Promise<Value> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${ms} ms for ${what}`));
    }, ms);
    timer.unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

const REASONS: Record<number, string> = {
  100: 'Trying',
  180: 'Ringing',
  183: 'Session Progress',
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  410: 'Gone',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  484: 'Address Incomplete',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  491: 'Request Pending',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
  603: 'Decline',
};

export const reasonOf = (status: number): string => REASONS[status] ?? 'Status';
