// SPDX-License-Identifier: Apache-2.0
import { once, type EventEmitter } from 'node:events';
import { eventually } from '../src/eventually.ts';
import { within } from '../src/sip/index.ts';
import type { FrameTap } from './frame-tap.ts';
import { createStack, type AppReply, type AppRequest, type Stack } from './stack.ts';

export type Verb = 'invite' | 'options' | 'register' | 'message' | 'info' | 'notify';

export interface Incoming {
  req: AppRequest;
  res: AppReply;
}

/** A drachtio-srf application whose requests a script takes one by one. */
export class App {
  readonly stack: Stack = createStack();
  readonly #tap: FrameTap;
  readonly #came: { verb: Verb; incoming: Incoming }[] = [];
  readonly #waiters: { verb: Verb; fire: (incoming: Incoming) => void }[] = [];

  private constructor(tap: FrameTap) {
    this.#tap = tap;
  }

  /** Resolves when the engine knows that this app wants these verbs. */
  static async connect(tap: FrameTap, secret: string, verbs: Verb[]): Promise<App> {
    const app = new App(tap);
    const { stack } = app;
    stack.on('error', () => undefined);
    for (const verb of verbs)
      stack[verb]((req, res) => {
        app.#take(verb, { req, res });
      });
    stack.connect({ host: '127.0.0.1', port: tap.port, secret });
    const [error] = (await once(stack, 'connect')) as [Error | undefined];
    if (error) throw error;
    for (const verb of verbs) await app.#routed(verb);
    return app;
  }

  /** The next request of this verb, also one that came already. */
  next(verb: Verb): Promise<Incoming> {
    const at = this.#came.findIndex((came) => came.verb === verb);
    const [found] = at < 0 ? [] : this.#came.splice(at, 1);
    if (found) return Promise.resolve(found.incoming);
    const waiting = new Promise<Incoming>((fire) => {
      this.#waiters.push({ verb, fire });
    });
    return within(waiting, `${verb} at the app`);
  }

  /** The next request that a dialog, or a pending INVITE, emits, with what answers it. */
  static async eventOf(emitter: EventEmitter, event: string, ms?: number): Promise<Incoming> {
    const [req, res] = (await within(once(emitter, event), `${event} at the app`, ms)) as [
      AppRequest,
      AppReply,
    ];
    return { req, res };
  }

  /** The engine has dealt with everything that the app has sent so far, in order. */
  async settled(): Promise<void> {
    const open = () => this.#tap.unanswered();
    await eventually('answers to all frames of the app', () => open().length === 0);
  }

  /** A frame of the engine, by the start of its message. */
  async hears(start: string): Promise<void> {
    await this.#tap.waitFor(
      ({ direction, message }) => direction === 'to-app' && message?.startLine.startsWith(start) === true,
      `${start} at the app`,
    );
  }

  #take(verb: Verb, incoming: Incoming): void {
    const at = this.#waiters.findIndex((waiter) => waiter.verb === verb);
    const [waiter] = at < 0 ? [] : this.#waiters.splice(at, 1);
    if (waiter) waiter.fire(incoming);
    else this.#came.push({ verb, incoming });
  }

  /** srf itself does not wait for the answers to its `route` frames. */
  async #routed(verb: Verb): Promise<void> {
    const asked = await this.#tap.waitFor(
      ({ direction, tokens }) => direction === 'from-app' && tokens[1] === 'route' && tokens[2] === verb,
      `route ${verb}`,
    );
    await this.#tap.waitFor(
      ({ direction, tokens }) => direction === 'to-app' && tokens[2] === asked.tokens[0],
      `the answer to route ${verb}`,
    );
  }
}
