// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Place } from './sip/index.ts';

/** Shares of the datagrams, 0 to 1, each drawn by itself. */
export interface LossyShares {
  lost: number;
  duplicated: number;
  /** Held back so long that what is sent later comes earlier. */
  reordered: number;
}

export interface LossyUdpOptions {
  /** One end, for whose datagrams it is known beforehand where they come from. */
  end: Place;
  /** The other end. Absent: whoever sends first. */
  other?: Place;
  /** Where the path has its sockets: `atEnd` is what the end sees, `atOther` what the other end sees. */
  addresses: { atEnd: string; atOther: string };
  shares: LossyShares;
  /** The same seed does the same to the same message, whenever it comes. */
  seed: number;
  /** What tells one call from another on both sides of the program under test. Default: the Call-ID. */
  callOf?: (message: string) => string;
}

export interface LossyUdp {
  /** Where the end sends to. */
  readonly atEnd: Place;
  /** Where the other end sends to. */
  readonly atOther: Place;
  readonly counts: Readonly<Record<'seen' | keyof LossyShares, number>>;
  /** What became of each message of a call, in order, for people who want to know why it ended as it did. */
  history(call: string): string[];
  close(): Promise<void>;
}

/** In milliseconds: longer than anybody takes to answer, shorter than T1. */
const HELD_BACK_MS = { min: 30, spread: 300 };

type Way = 'toOther' | 'toEnd';

/**
 * A bad UDP path between two SIP ends. Each end takes the path's socket for the other one: addresses in start line and
 * headers are rewritten as a NAT's SIP gateway does it, so that requests within a dialog come this way too.
 */
export const openLossyUdp = async (options: LossyUdpOptions): Promise<LossyUdp> => {
  const path = new Path(
    options,
    await bound(options.addresses.atEnd),
    await bound(options.addresses.atOther),
  );
  path.serve();
  return path;
};

const bound = async (address: string): Promise<Socket> => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.bind(0, address);
  await once(socket, 'listening');
  // ECONNREFUSED of a datagram that nobody wanted shows up here.
  socket.on('error', () => undefined);
  return socket;
};

class Path implements LossyUdp {
  readonly atEnd: Place;
  readonly atOther: Place;
  readonly counts = { seen: 0, lost: 0, duplicated: 0, reordered: 0 };
  readonly #options: LossyUdpOptions;
  readonly #socketAtEnd: Socket;
  readonly #socketAtOther: Socket;
  /** How often each message has been seen: its repetitions have fates of their own. */
  readonly #copies = new Map<string, number>();
  readonly #history = new Map<string, string[]>();
  #other: Place | undefined;
  #open = true;

  constructor(options: LossyUdpOptions, socketAtEnd: Socket, socketAtOther: Socket) {
    this.#options = options;
    this.#socketAtEnd = socketAtEnd;
    this.#socketAtOther = socketAtOther;
    this.atEnd = socketAtEnd.address();
    this.atOther = socketAtOther.address();
    this.#other = options.other;
  }

  serve(): void {
    this.#socketAtEnd.on('message', (data) => {
      if (this.#other) void this.#pass('toOther', data.toString('utf8'), this.#other);
    });
    this.#socketAtOther.on('message', (data, { address, port }) => {
      this.#other ??= { address, port };
      void this.#pass('toEnd', data.toString('utf8'), this.#options.end);
    });
  }

  history(call: string): string[] {
    return this.#history.get(call) ?? [];
  }

  async close(): Promise<void> {
    this.#open = false;
    const closed = [this.#socketAtEnd, this.#socketAtOther].map((socket) => once(socket, 'close'));
    this.#socketAtEnd.close();
    this.#socketAtOther.close();
    await Promise.all(closed);
  }

  async #pass(way: Way, text: string, to: Place): Promise<void> {
    const fate = this.#fateOf(way, text);
    this.counts.seen += 1;
    for (const [name, share] of Object.entries(fate)) if (share) this.counts[name as keyof LossyShares] += 1;
    if (fate.lost) return;
    const changed = this.#rewritten(way, text, to);
    if (fate.duplicated) this.#send(way, changed, to);
    if (fate.reordered > 0) await wait(fate.reordered);
    this.#send(way, changed, to);
  }

  /** `reordered`: for how many milliseconds it is held back. */
  #fateOf(way: Way, text: string): { lost: boolean; duplicated: boolean; reordered: number } {
    const { seed, shares, callOf = callId } = this.#options;
    const call = callOf(text);
    const kind = text.startsWith('SIP/2.0 ') ? text.slice(8, 11) : text.slice(0, text.indexOf(' '));
    // Without the number: it is drawn by lot, where a request begins a call.
    const method = /^CSeq:\s*\d+\s+(\w+)/im.exec(text)?.[1] ?? '';
    const message = [seed, way, call, kind, method].join(' ');
    const copy = (this.#copies.get(message) ?? 0) + 1;
    this.#copies.set(message, copy);
    const hash = createHash('sha256').update(`${message} ${copy}`).digest();
    const at = (index: number) => hash.readUInt32BE(index * 4) / 2 ** 32;
    const lost = at(0) < shares.lost;
    const heldBack = HELD_BACK_MS.min + at(3) * HELD_BACK_MS.spread;
    const fate = {
      lost,
      duplicated: !lost && at(1) < shares.duplicated,
      reordered: !lost && at(2) < shares.reordered ? heldBack : 0,
    };
    this.#remember(call, [way, kind, method], fate);
    return fate;
  }

  #remember(call: string, message: string[], fate: Record<keyof LossyShares, boolean | number>): void {
    const history = this.#history.get(call) ?? [];
    const fates = Object.entries(fate).flatMap(([name, share]) => (share ? [name] : []));
    history.push([new Date().toISOString(), ...message, ...fates].join(' '));
    this.#history.set(call, history);
  }

  #rewritten(way: Way, text: string, to: Place): string {
    const end = Math.max(text.indexOf('\r\n\r\n'), 0);
    const from = way === 'toOther' ? this.#options.end : (this.#other ?? to);
    const [behind, before] = way === 'toOther' ? [this.atEnd, this.atOther] : [this.atOther, this.atEnd];
    const head = text
      .slice(0, end)
      .replaceAll(hostPort(from), hostPort(before))
      .replaceAll(hostPort(behind), hostPort(to));
    return head + text.slice(end);
  }

  #send(way: Way, text: string, to: Place): void {
    if (!this.#open) return;
    const socket = way === 'toOther' ? this.#socketAtOther : this.#socketAtEnd;
    socket.send(text, to.port, to.address);
  }
}

const hostPort = ({ address, port }: Place): string => `${address}:${port}`;
const callId = (message: string): string => /^(?:Call-ID|i):\s*(\S+)/im.exec(message)?.[1] ?? '';
