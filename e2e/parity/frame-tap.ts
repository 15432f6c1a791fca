// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { parseMessage, within, type PeerMessage } from '../src/sip/index.ts';

/** One frame of drachtio's wire protocol: `<bytes>#<token>|<token>..`, with a SIP message after the first line or none. */
export interface Frame {
  direction: 'to-app' | 'from-app';
  tokens: string[];
  message: PeerMessage | undefined;
}

/**
 * Stands between an app and the engine and writes down every frame: what the app sees is compared as it is on the wire, below
 * whatever drachtio-srf makes of it.
 */
export class FrameTap {
  readonly frames: Frame[] = [];
  readonly #server: Server;
  readonly #apps = new Set<Socket>();
  readonly #engines = new Set<Socket>();
  #waiters: { fits: (frame: Frame) => boolean; fire: (frame: Frame) => void }[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(target: { host: string; port: number }): Promise<FrameTap> {
    const created: { tap?: FrameTap } = {};
    const server = createServer((app) => {
      if (created.tap) created.tap.#join(app, connect(target.port, target.host));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return (created.tap = new FrameTap(server));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** First frame that fits, also one that came already. */
  waitFor(fits: (frame: Frame) => boolean, what: string, ms?: number): Promise<Frame> {
    const came = this.frames.find(fits);
    if (came) return Promise.resolve(came);
    const waiting = new Promise<Frame>((fire) => {
      this.#waiters.push({ fits, fire });
    });
    return within(waiting, what, ms);
  }

  /** Frames of the app that the engine has still to answer: it answers each (`response`), whatever it thinks of it. */
  unanswered(): Frame[] {
    const answered = new Set(
      this.frames
        .filter(({ direction, tokens }) => direction === 'to-app' && tokens[1] === 'response')
        .map(({ tokens }) => tokens[2]),
    );
    return this.frames.filter(
      ({ direction, tokens }) => direction === 'from-app' && !answered.has(tokens[0]),
    );
  }

  /** Resolves when the engine has taken note too: until then it may give the requests of the next flow to apps that are gone. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const app of this.#apps) app.destroy();
    await Promise.all([...this.#engines].map(leave));
    await closed;
  }

  #join(app: Socket, engine: Socket): void {
    this.#apps.add(app);
    this.#engines.add(engine);
    this.#relay(app, engine, 'from-app');
    this.#relay(engine, app, 'to-app');
  }

  #relay(from: Socket, to: Socket, direction: Frame['direction']): void {
    const read = createFrameReader((payload) => {
      this.#note(payload, direction);
    });
    from.on('data', (chunk: Buffer) => {
      read(chunk);
      to.write(chunk);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      to.end();
    });
  }

  #note(payload: string, direction: Frame['direction']): void {
    const end = payload.indexOf('\r\n');
    const frame: Frame = {
      direction,
      tokens: (end < 0 ? payload : payload.slice(0, end)).split('|'),
      message: end < 0 ? undefined : parseMessage(payload.slice(end + 2)),
    };
    this.frames.push(frame);
    for (const { fits, fire } of this.#waiters) if (fits(frame)) fire(frame);
    this.#waiters = this.#waiters.filter(({ fits }) => !fits(frame));
  }
}

/** How long an engine may take to see the end of a connection; drachtio-server never looks again at one that it is stuck with. */
const LEAVE_MS = 3_000;

const leave = async (engine: Socket): Promise<void> => {
  if (engine.destroyed) return;
  const over = once(engine, 'close');
  engine.resume().end();
  await Promise.race([over, wait(LEAVE_MS, undefined, { ref: false })]);
  engine.destroy();
};

const createFrameReader = (onPayload: (payload: string) => void) => {
  let buffer = Buffer.alloc(0);
  return (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const hash = buffer.indexOf('#');
      const length = hash < 0 ? NaN : Number(buffer.toString('latin1', 0, hash));
      if (Number.isNaN(length) || buffer.length < hash + 1 + length) return;
      onPayload(buffer.toString('utf8', hash + 1, hash + 1 + length));
      buffer = buffer.subarray(hash + 1 + length);
    }
  };
};
