// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import { Call } from './call.ts';
import type { PortPool } from './port-pool.ts';
import type { Traffic } from './stream.ts';

/** All in milliseconds, with rtpengine's meanings and defaults, but for the offer timeout (rtpengine: an hour). */
export interface Timeouts {
  /** No packet from either party. */
  media: number;
  /** The same while the call is on hold. */
  silent: number;
  /** An offer without an answer. */
  offer: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { media: 60_000, silent: 3_600_000, offer: 300_000 };

export interface TableOptions {
  ports: PortPool;
  log: Logger;
  maxSessions: number;
  timeouts: Timeouts;
}

/** Counters for `statistics` and `/metrics`. */
export interface TableCounts extends Traffic {
  managed: number;
  rejected: number;
  timedOut: number;
  offerTimedOut: number;
  terminated: number;
}

/** The calls of the relay; drops those without media, silently as rtpengine does. */
export class CallTable {
  readonly calls = new Map<string, Call>();
  readonly counts: TableCounts = {
    packets: 0,
    bytes: 0,
    errors: 0,
    managed: 0,
    rejected: 0,
    timedOut: 0,
    offerTimedOut: 0,
    terminated: 0,
  };
  /** At this many calls new ones are refused; 0 while draining. */
  maxSessions: number;
  /** Called whenever a call has gone. */
  onRemoved: () => void = () => undefined;
  readonly #options: TableOptions;
  readonly #sweep: NodeJS.Timeout;

  constructor(options: TableOptions) {
    this.#options = options;
    this.maxSessions = options.maxSessions;
    const period = Math.min(1000, Math.max(50, options.timeouts.media / 10));
    this.#sweep = setInterval(() => {
      this.#dropSilent(Date.now());
    }, period);
  }

  get full(): boolean {
    return this.calls.size >= this.maxSessions;
  }

  create(id: string): Call {
    const call = new Call(id, this.#options.ports, this.counts);
    this.calls.set(id, call);
    this.counts.managed++;
    return call;
  }

  remove(call: Call): void {
    if (!this.calls.delete(call.id)) return;
    call.close();
    this.onRemoved();
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const call of [...this.calls.values()]) this.remove(call);
  }

  #dropSilent(now: number): void {
    const { timeouts, log } = this.#options;
    for (const call of [...this.calls.values()]) {
      if (!call.answered) {
        if (now - call.lastSignal < timeouts.offer) continue;
        this.counts.offerTimedOut++;
      } else {
        if (now - call.lastActivity < (call.onHold ? timeouts.silent : timeouts.media)) continue;
        this.counts.timedOut++;
      }
      log.info({ callId: call.id, answered: call.answered }, 'call dropped: timeout');
      this.remove(call);
    }
  }
}
