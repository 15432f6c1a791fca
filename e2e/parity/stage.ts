// SPDX-License-Identifier: Apache-2.0
import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '../src/eventually.ts';
import { SipPeer, within, type IncomingCall, type SipPeerOptions } from '../src/sip/index.ts';
import { App, type Verb } from './app.ts';
import type { EngineUnderTest } from './engine-under-test.ts';
import type { Sightings } from './flow.ts';
import { FrameTap, type Frame } from './frame-tap.ts';
import { frameTokens, frameWords } from './frame-words.ts';
import { anonymous, peerWords } from './message-words.ts';
import { RawApp } from './raw-app.ts';
import type { AppHeaders, AppReply } from './stack.ts';

/** Everything that one flow opens on one engine, and what all of them have seen. */
export class Stage {
  readonly engine: EngineUnderTest;
  readonly #names = new Map<string, string>();
  readonly #taps = new Map<string, FrameTap>();
  readonly #peers = new Map<string, SipPeer>();
  readonly #calls = new Map<SipPeer, IncomingCall>();
  readonly #notes: string[] = [];
  readonly #apps = new Set<App>();
  readonly #raws: RawApp[] = [];

  constructor(engine: EngineUnderTest) {
    this.engine = engine;
    this.#names.set(`${engine.sip.address}:${engine.sip.port}`, 'engine');
  }

  /** A drachtio-srf app that wants these verbs. */
  async app(verbs: Verb[] = ['invite'], name = 'app'): Promise<App> {
    const app = await App.connect(await this.#tap(name), this.engine.admin.secret, verbs);
    this.#apps.add(app);
    return app;
  }

  /** An app that writes its frames itself. */
  async rawApp(name = 'app'): Promise<RawApp> {
    const raw = await RawApp.connect(await this.#tap(name));
    this.#raws.push(raw);
    return raw;
  }

  /** Its calls go to the engine unless they say otherwise. */
  async peer(name: string, options: Partial<SipPeerOptions> = {}): Promise<SipPeer> {
    const peer = await SipPeer.open({ address: '127.0.0.1', proxy: this.engine.sip, name, ...options });
    this.#peers.set(name, peer);
    this.onCall(peer, () => undefined);
    this.#names.set(peer.hostPort, name);
    return peer;
  }

  /** `sip:+15550100@127.0.0.1:5070;transport=udp`: never without the transport, which the engines choose differently. */
  uriOf(peer: SipPeer, user = '+15550100'): string {
    return `sip:${user}@${peer.hostPort};transport=${peer.transport}`;
  }

  /** One line about what came out of it, where messages do not show it. */
  note(line: string): void {
    this.#notes.push(line.replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g, 'uuid'));
  }

  /** What an app's promise came to. */
  async noteOutcome<Value>(what: string, promise: Promise<Value>): Promise<Value | undefined> {
    try {
      const value = await promise;
      this.note(`${what}: done`);
      return value;
    } catch (error) {
      this.note(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  get sipHostPort(): string {
    return `${this.engine.sip.address}:${this.engine.sip.port}`;
  }

  /** What a peer does with calls that come in; silence where it does nothing. */
  onCall(peer: SipPeer, script: (call: IncomingCall) => void | Promise<void>): void {
    peer.onInvite = (call) => {
      this.#calls.set(peer, call);
      return script(call);
    };
  }

  /** The call that reached a peer last. */
  async callAt(peer: SipPeer): Promise<IncomingCall> {
    return eventually(`a call at ${peer.hostPort}`, () => this.#calls.get(peer));
  }

  /** Lets time go by: for what must not happen there is nothing to wait for. `why` says what that is, for who reads the flow. */
  async pass(ms: number, why: string): Promise<void> {
    await wait(ms, why);
  }

  async until(what: string, condition: () => boolean, timeoutMs?: number): Promise<void> {
    await eventually(what, condition, { everyMs: 10, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  }

  /** A response of the app, and what the engine says to it. */
  async sent(
    what: string,
    res: AppReply,
    [status, options]: [number, { headers?: AppHeaders; body?: string }],
  ): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    res.send(status, options, resolve);
    const error = await within(promise, `what the engine says to ${what}`);
    this.note(`${what}: ${error ? (error as Error | string).toString() : 'sent'}`);
    return !error;
  }

  /** The first line of a frame, with names in place of what differs from run to run. */
  noteTokens(frame: Frame): void {
    const kind = frame.message ? frame.message.startLine.split(' ').slice(0, 2).join(' ') : '';
    this.note(`${this.anonymous(kind)}: ${frameTokens(frame, this.#names)}`);
  }

  anonymous(text: string): string {
    return anonymous(text, this.#names);
  }

  /** The app's process ends. srf fails an assertion when it is told twice. */
  disconnect(app: App): void {
    if (this.#apps.delete(app)) app.stack.disconnect();
  }

  /** How many requests of a method an app has been told of. */
  heard(name: string, method: string): number {
    const frames = this.#taps.get(name)?.frames ?? [];
    return frames.filter(
      ({ direction, tokens, message }) =>
        direction === 'to-app' && tokens[1] === 'sip' && message?.method === method,
    ).length;
  }

  /** How often requests of a method have reached a peer, repeats counted. */
  arrivals(peer: SipPeer, method: string): number {
    return peer.seen.filter(({ direction, message }) => direction === 'in' && message.method === method)
      .length;
  }

  sightings(): Sightings {
    const sightings: Sightings = {};
    for (const [name, tap] of this.#taps) sightings[name] = frameWords(tap.frames, this.#names);
    for (const [name, peer] of this.#peers) sightings[name] = peerWords(peer.seen, this.#names);
    if (this.#notes.length > 0) sightings.notes = [...this.#notes];
    return sightings;
  }

  async close(): Promise<void> {
    for (const app of [...this.#apps]) this.disconnect(app);
    for (const raw of this.#raws) raw.close();
    await Promise.all([...this.#taps.values()].map((tap) => tap.close()));
    await Promise.all([...this.#peers.values()].map((peer) => peer.close()));
  }

  async #tap(name: string): Promise<FrameTap> {
    const tap = await FrameTap.open(this.engine.admin);
    this.#taps.set(name, tap);
    return tap;
  }
}
