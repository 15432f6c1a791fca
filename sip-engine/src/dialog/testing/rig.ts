// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import Srf from 'drachtio-srf';
import { startEngine } from '../../start-engine.ts';
import type { EngineOptions, RunningEngine } from '../../start-engine.ts';
import { FrameDecoder } from '../../wire/frame-codec.ts';
import { SipPeer } from './sip-peer.ts';

export const SECRET = 'test-secret';

/** Short timers, so that what the RFC lets happen after 32 s happens after a second and a half. */
export const FAST = { t1: 40, t2: 160, t4: 160, t1x64: 1500 };

/** An engine on ephemeral ports with everything that was opened for a test, to be closed by `close`. */
export class Rig {
  readonly engine: RunningEngine;
  readonly warnings: { text: string; details: object }[];
  private readonly closers: (() => void)[] = [];
  private readonly apps = new Set<Srf>();

  private constructor(engine: RunningEngine, warnings: Rig['warnings']) {
    this.engine = engine;
    this.warnings = warnings;
  }

  static async start(options: Partial<EngineOptions> = {}): Promise<Rig> {
    const warnings: Rig['warnings'] = [];
    const engine = await startEngine({
      sip: [{ host: '127.0.0.1', port: 0 }],
      admin: { host: '127.0.0.1', port: 0 },
      secret: SECRET,
      timers: FAST,
      log: {
        debug: () => undefined,
        warn: (details, text) => {
          warnings.push({ text, details });
        },
      },
      ...options,
    });
    return new Rig(engine, warnings);
  }

  get sipPort(): number {
    return this.engine.sip[0]?.port ?? 0;
  }

  /** A connected drachtio-srf app. */
  async app(): Promise<Srf> {
    const srf = new Srf();
    srf.on('error', () => undefined);
    void srf.connect({ host: '127.0.0.1', port: this.engine.admin.port, secret: SECRET });
    const [error] = (await once(srf, 'connect')) as [Error | undefined];
    if (error) throw error;
    this.apps.add(srf);
    return srf;
  }

  /** The app goes; srf fails an assertion when it is asked twice. */
  disconnect(srf: Srf): void {
    if (this.apps.delete(srf)) srf.disconnect();
  }

  async udp(): Promise<SipPeer> {
    return this.keep(await SipPeer.udp(this.sipPort));
  }

  /** Connected to the engine, or waiting for it. */
  async tcp(connect: boolean): Promise<SipPeer> {
    return this.keep(await SipPeer.tcp(this.sipPort, connect));
  }

  /** An app of bare frames, authenticated unless told otherwise. */
  async frames(authenticate = true): Promise<FrameClient> {
    const client = await FrameClient.connect(this.engine.admin.port);
    this.closers.push(() => {
      client.close();
    });
    if (authenticate) await client.ask(`authenticate|${SECRET}|`);
    return client;
  }

  async close(): Promise<void> {
    try {
      for (const srf of this.apps) this.disconnect(srf);
    } finally {
      // Whatever srf thinks of it: a socket left open would keep the whole test run alive.
      for (const close of this.closers) close();
      await this.engine.close();
    }
  }

  private keep(peer: SipPeer): SipPeer {
    this.closers.push(() => {
      peer.close();
    });
    return peer;
  }
}

/** Speaks frames without drachtio-srf, to see every token. */
export class FrameClient {
  readonly frames: string[] = [];
  closed = false;
  private readonly socket: Socket;
  private readonly waiters: { wants: (frame: string) => boolean; take: (frame: string) => void }[] = [];
  private readonly decoder = new FrameDecoder();
  private counter = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      for (const payload of this.decoder.push(chunk)) this.take(payload.toString());
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
    });
  }

  static async connect(port: number): Promise<FrameClient> {
    const socket = createConnection(port, '127.0.0.1');
    await once(socket, 'connect');
    return new FrameClient(socket);
  }

  /** Sends a frame; the id that it was given. */
  send(rest: string): string {
    const id = `m${++this.counter}`;
    const payload = `${id}|${rest}`;
    this.raw(`${Buffer.byteLength(payload)}#${payload}`);
    return id;
  }

  raw(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** The tokens of the response to this frame. */
  async ask(rest: string): Promise<string[]> {
    const id = this.send(rest);
    return leaderOf(
      await this.next((frame) => frame.split('|')[1] === 'response' && frame.split('|')[2] === id),
    );
  }

  /** The next `sip` frame whose start line begins so. */
  sip(start: string): Promise<string> {
    return this.next((frame) => frame.split('|')[1] === 'sip' && textOf(frame).startsWith(start));
  }

  next(wants: (frame: string) => boolean): Promise<string> {
    const at = this.frames.findIndex(wants);
    const [found] = at === -1 ? [] : this.frames.splice(at, 1);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new Error(`frame did not come; waiting: ${this.frames.map((f) => f.slice(0, 120)).join('\n')}`),
        );
      }, 4000);
      this.waiters.push({
        wants,
        take: (frame) => {
          clearTimeout(timer);
          resolve(frame);
        },
      });
    });
  }

  async ended(): Promise<void> {
    if (!this.closed) await once(this.socket, 'close');
  }

  close(): void {
    this.socket.destroy();
  }

  private take(frame: string): void {
    const at = this.waiters.findIndex(({ wants }) => wants(frame));
    const [waiter] = at === -1 ? [] : this.waiters.splice(at, 1);
    if (waiter === undefined) this.frames.push(frame);
    else waiter.take(frame);
  }
}

/** The tokens of a frame. */
export function leaderOf(frame: string): string[] {
  return (frame.split('\r\n')[0] ?? '').split('|');
}

/** The SIP part of a frame. */
export function textOf(frame: string): string {
  const at = frame.indexOf('\r\n');
  return at === -1 ? '' : frame.slice(at + 2);
}

/** Resolves once the condition holds; it is looked at every few milliseconds. */
export async function eventually(condition: () => boolean, what: string, limit = 4000): Promise<void> {
  const end = Date.now() + limit;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`${what}: not within ${limit} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
