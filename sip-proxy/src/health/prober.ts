// SPDX-License-Identifier: Apache-2.0
import type { TargetPlace } from '@trunkline/crds';
import { setTimeout as pause } from 'node:timers/promises';
import type { Evidence } from './target-state.ts';

export interface ProberOptions {
  /** One round over all targets takes so long, in milliseconds. 0: calls alone tell how the targets are. */
  intervalMs: number;
  /** Where calls can go at this moment, by address. */
  targets: () => ReadonlyMap<string, TargetPlace>;
  /** False while nothing can be asked. */
  connected: () => boolean;
  ask: (place: TargetPlace) => Promise<Evidence>;
  health: { heard(address: string, evidence: Evidence): void; keep(addresses: ReadonlySet<string>): void };
}

/** Asks each target once in a round, evenly over its time: a thousand targets are not asked in one moment. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #stopped = new AbortController();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#run().catch(() => undefined);
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) await this.#round();
  }

  async #round(): Promise<void> {
    const { targets, health, intervalMs } = this.#options;
    const now = targets();
    health.keep(new Set(now.keys()));
    if (intervalMs === 0 || now.size === 0) return this.#rest(intervalMs === 0 ? FORGET_MS : intervalMs);
    for (const [address, place] of now) {
      this.#probe(address, place);
      await this.#rest(intervalMs / now.size);
    }
  }

  #probe(address: string, place: TargetPlace): void {
    const { connected, ask, health } = this.#options;
    if (!connected()) return;
    void ask(place).then((evidence) => {
      // An engine that went away has said nothing about the target.
      if (!this.#stopped.signal.aborted && connected()) health.heard(address, evidence);
    });
  }

  async #rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#stopped.signal, ref: false });
  }
}

/** How often targets that are gone are forgotten where nothing is probed. */
const FORGET_MS = 30_000;
