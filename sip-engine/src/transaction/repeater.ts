// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.ts';

/** One transaction's two clocks: one that repeats at growing intervals, and one deadline. */
export class Repeater {
  readonly #clock: Clock;
  #repeat: unknown;
  #deadline: unknown;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `action` after `first`, then after twice that ... at most `longest`, until stopped. Milliseconds. */
  repeat(action: () => void, first: number, longest: number): void {
    this.stopRepeating();
    let interval = first;
    const fire = (): void => {
      interval = Math.min(interval * 2, longest);
      this.#repeat = this.#clock.setTimeout(fire, interval);
      action();
    };
    this.#repeat = this.#clock.setTimeout(fire, interval);
  }

  stopRepeating(): void {
    if (this.#repeat !== undefined) this.#clock.clearTimeout(this.#repeat);
    this.#repeat = undefined;
  }

  /** Replaces an earlier deadline. */
  after(delay: number, action: () => void): void {
    this.#clearDeadline();
    this.#deadline = this.#clock.setTimeout(action, delay);
  }

  stop(): void {
    this.stopRepeating();
    this.#clearDeadline();
  }

  #clearDeadline(): void {
    if (this.#deadline !== undefined) this.#clock.clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }
}
