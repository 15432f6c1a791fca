// SPDX-License-Identifier: Apache-2.0
import type { TimerSettings } from './contract.ts';

/** What a caller may set; all in milliseconds. */
export interface TimerOptions extends Partial<TimerSettings> {
  /** First interval of timers A and E; default `t1`. drachtio-server repeats requests after 1000 at the earliest. */
  firstRepeat?: number;
}

export interface Timers extends TimerSettings {
  firstRepeat: number;
  /**
   * How long finished transactions absorb repeats (timers D, J, L, M): always 64 x T1 at least, also where `t1x64` is
   * short so that hunting goes on early: the peer goes on repeating for that long.
   */
  linger: number;
}

/** RFC 3261 table 4. */
export function completeTimers(options: TimerOptions = {}): Timers {
  const t1 = options.t1 ?? 500;
  const t1x64 = options.t1x64 ?? 64 * t1;
  return {
    t1,
    t2: options.t2 ?? 4000,
    t4: options.t4 ?? 5000,
    t1x64,
    firstRepeat: options.firstRepeat ?? t1,
    linger: Math.max(64 * t1, t1x64),
  };
}
