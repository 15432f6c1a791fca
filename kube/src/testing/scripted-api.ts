// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import type { KubeObject } from '../api/objects.ts';

/** One request, waiting for what the test makes of it. */
export interface ScriptedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  readonly isWatch: boolean;
  /** The client's: the same for requests on one connection. */
  readonly port: number | undefined;
  /** Resolves when the connection is gone, or the answer is complete. */
  readonly closed: Promise<void>;
  json(status: number, body: unknown, headers?: Record<string, string>): void;
  /** `metav1.Status`. */
  refuse(status: number, reason: string, headers?: Record<string, string>): void;
  list(items: KubeObject[], resourceVersion: string, next?: string): void;
  /** Sends the head of a watch's answer. */
  open(): void;
  event(type: string, object: unknown): void;
  /** Bytes as they are. */
  raw(bytes: string | Uint8Array): Promise<void>;
  end(): void;
  /** RST. */
  reset(): void;
}

export interface ScriptedApi {
  readonly config: KubeConfig;
  readonly url: string;
  /** The next request, in order of arrival. Rejects after `timeoutMs` (10,000). */
  next(timeoutMs?: number): Promise<ScriptedRequest>;
  /** Requests that nobody has taken yet. */
  readonly unread: number;
  close(): Promise<void>;
}

/** An API server that does what a test tells it, one request after the other: faults at will. */
export async function startScriptedApi(port = 0): Promise<ScriptedApi> {
  const arrived: ScriptedRequest[] = [];
  const waiting: ((request: ScriptedRequest) => void)[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const scripted = scriptedRequest(request, response, Buffer.concat(chunks).toString());
      const taker = waiting.shift();
      if (taker) taker(scripted);
      else arrived.push(scripted);
    })().catch(() => undefined);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    config: configFor(url),
    get unread() {
      return arrived.length;
    },
    next: (timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const first = arrived.shift();
        if (first) {
          resolve(first);
          return;
        }
        const taker = (request: ScriptedRequest) => {
          clearTimeout(timer);
          resolve(request);
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(taker), 1);
          reject(new Error(`no request came in ${timeoutMs} ms`));
        }, timeoutMs);
        waiting.push(taker);
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** A kubeconfig of one server and one token. */
export function configFor(server: string, token = 'test-token'): KubeConfig {
  const config = new KubeConfig();
  // client-node wants this said for plain HTTP.
  config.loadFromClusterAndUser({ name: 'test', server, skipTLSVerify: true }, { name: 'test', token });
  return config;
}

function scriptedRequest(request: IncomingMessage, response: ServerResponse, text: string): ScriptedRequest {
  const url = new URL(request.url ?? '', 'http://api');
  const json: ScriptedRequest['json'] = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
  const open = () => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  };
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: text === '' ? undefined : JSON.parse(text),
    port: request.socket.remotePort,
    isWatch: url.searchParams.get('watch') === 'true',
    closed: new Promise((resolve) => response.once('close', resolve)),
    json,
    refuse: (status, reason, headers) => {
      json(status, statusObject(status, reason), headers);
    },
    list: (items, resourceVersion, next) => {
      json(200, { kind: 'List', metadata: { resourceVersion, ...(next ? { continue: next } : {}) }, items });
    },
    open,
    event: (type, object) => {
      open();
      response.write(`${JSON.stringify({ type, object })}\n`);
    },
    raw: (bytes) => {
      open();
      return new Promise((resolve) => {
        response.write(bytes, () => {
          resolve();
        });
      });
    },
    end: () => {
      open();
      response.end();
    },
    reset: () => {
      request.socket.resetAndDestroy();
    },
  };
}

export const statusObject = (code: number, reason: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: `scripted: ${reason}`,
  reason,
  code,
});
