// SPDX-License-Identifier: Apache-2.0
import type { KubeConfig } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { Credentials } from './credentials.ts';
import { parse } from './json-lines.ts';
import { errorFromStatus, errorFromTransport } from './kube-error.ts';

export interface TransportOptions {
  /** Default `trunkline`. */
  userAgent?: string;
  /** For a whole answer, body included; default 30,000. */
  timeoutMs?: number;
  /** Told of each answer: HTTP status, or the KubeError code where there was none. */
  onAnswer?: (result: string, method: string, host: string) => void;
  /** Told of the server's clock (whole seconds, milliseconds since the epoch), which each answer carries. */
  onClock?: (serverTime: number) => void;
}

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
}

export interface Exchange extends RequestOptions {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean | undefined> | undefined;
  body?: unknown;
  contentType?: string | undefined;
}

export interface Stream extends RequestOptions {
  path: string;
  query: Exchange['query'];
  /** Without a byte for so long, the stream counts as dead. */
  idleMs: number;
  /** The server has accepted; bytes may be long in coming. */
  onOpen?: (() => void) | undefined;
}

type Reply = Dispatcher.ResponseData;

/** HTTP with an API server: errors become KubeErrors, nothing waits for ever. */
export class Transport {
  readonly #credentials: Credentials;
  readonly #options: Required<TransportOptions>;

  constructor(config: KubeConfig, options: TransportOptions = {}) {
    this.#credentials = new Credentials(config);
    const ignore = () => undefined;
    this.#options = {
      ...{ userAgent: 'trunkline', timeoutMs: 30_000, onAnswer: ignore, onClock: ignore },
      ...options,
    };
  }

  /** One request and its whole answer, parsed. */
  async request(exchange: Exchange): Promise<unknown> {
    const timeoutMs = exchange.timeoutMs ?? this.#options.timeoutMs;
    try {
      const reply = await this.#send(exchange, { timeoutMs, bodyTimeout: timeoutMs });
      const text = await reply.body.text();
      if (reply.statusCode >= 300) throw refusal(reply, text);
      return text === '' ? undefined : parse(text);
    } catch (error) {
      throw this.#failure(error, exchange);
    }
  }

  /** The bytes of a long answer, as they come. `timeoutMs` bounds the whole of it. */
  async *stream(stream: Stream): AsyncGenerator<Uint8Array> {
    const exchange: Exchange = { ...stream, method: 'GET' };
    const timeoutMs = stream.timeoutMs ?? this.#options.timeoutMs;
    try {
      const reply = await this.#send(exchange, { timeoutMs, bodyTimeout: stream.idleMs });
      if (reply.statusCode >= 300) throw refusal(reply, await reply.body.text());
      stream.onOpen?.();
      yield* reply.body as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw this.#failure(error, exchange);
    }
  }

  close(): Promise<void> {
    return this.#credentials.close();
  }

  async #send(exchange: Exchange, limits: { timeoutMs: number; bodyTimeout: number }): Promise<Reply> {
    const { server, headers, dispatcher } = await this.#credentials.access();
    const url = new URL(server + exchange.path);
    for (const [name, value] of Object.entries(exchange.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const deadline = AbortSignal.timeout(limits.timeoutMs);
    const reply = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: exchange.method,
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': this.#options.userAgent,
        ...(exchange.body === undefined
          ? {}
          : { 'content-type': exchange.contentType ?? 'application/json' }),
      },
      body: exchange.body === undefined ? null : JSON.stringify(exchange.body),
      signal: exchange.signal ? AbortSignal.any([exchange.signal, deadline]) : deadline,
      headersTimeout: Math.min(limits.timeoutMs, this.#options.timeoutMs),
      bodyTimeout: limits.bodyTimeout,
    });
    if (reply.statusCode === 401) this.#credentials.expire();
    this.#options.onAnswer(String(reply.statusCode), exchange.method, url.host);
    const serverTime = Date.parse(String(reply.headers.date));
    if (!Number.isNaN(serverTime)) this.#options.onClock(serverTime);
    return reply;
  }

  #failure(error: unknown, exchange: Exchange) {
    const failure = errorFromTransport(error, exchange.signal?.aborted === true);
    if (failure.status === 0 && failure.code !== 'cancelled') {
      this.#options.onAnswer(failure.code, exchange.method, '');
    }
    return failure;
  }
}

function refusal(reply: Reply, text: string) {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy in between answers in HTML: its status says enough.
  }
  const retryAfter = reply.headers['retry-after'];
  return errorFromStatus(body, reply.statusCode, typeof retryAfter === 'string' ? retryAfter : undefined);
}
