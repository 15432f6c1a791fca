// SPDX-License-Identifier: Apache-2.0
import { putLast } from './bounded-map.ts';
import type { OptionsView } from './context.ts';

interface Source {
  tokens: number;
  at: number;
  bannedUntil: number;
}

/** How often a source may send OPTIONS, and what comes of more. */
export interface OptionsLimits {
  /** OPTIONS at once from a source that was quiet. */
  burst: number;
  /** One more for every so many milliseconds. */
  intervalMs: number;
  /** A source that goes over is ignored for so many milliseconds. */
  banMs: number;
  /** Sources remembered; the one heard longest ago goes first. */
  maxSources: number;
}

export const DEFAULT_OPTIONS_LIMITS: OptionsLimits = {
  burst: 5,
  intervalMs: 10_000,
  banMs: 60_000,
  maxSources: 20_000,
};

/** A token bucket per source address, so that pings keep a NAT binding open and floods get no answer. */
export class OptionsLimiter {
  readonly #limits: OptionsLimits;
  readonly #sources = new Map<string, Source>();

  constructor(limits: OptionsLimits = DEFAULT_OPTIONS_LIMITS) {
    this.#limits = limits;
  }

  view(now: number): OptionsView {
    return { allows: (address) => this.#allows(this.#sources.get(address), now) };
  }

  /** Counts one OPTIONS, answered or not. */
  count(address: string, now: number): void {
    const source = this.#sources.get(address);
    const { banMs, maxSources } = this.#limits;
    const next =
      source !== undefined && this.#banned(source, now)
        ? source
        : this.#allows(source, now)
          ? { tokens: this.#tokens(source, now) - 1, at: now, bannedUntil: 0 }
          : { tokens: 0, at: now, bannedUntil: now + banMs };
    // The map's order is the order in which sources were heard last.
    putLast(this.#sources, [address, next], maxSources);
  }

  /** Sources remembered now. */
  get size(): number {
    return this.#sources.size;
  }

  #allows(source: Source | undefined, now: number): boolean {
    return source === undefined || (!this.#banned(source, now) && this.#tokens(source, now) >= 1);
  }

  /** A ban that lies further ahead than any can is from before the clock was set back. */
  #banned({ bannedUntil }: Source, now: number): boolean {
    return now < bannedUntil && bannedUntil <= now + this.#limits.banMs;
  }

  #tokens(source: Source | undefined, now: number): number {
    const { burst, intervalMs } = this.#limits;
    if (source === undefined) return burst;
    return Math.min(burst, source.tokens + Math.max(0, now - source.at) / intervalMs);
  }
}
