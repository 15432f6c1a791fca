// SPDX-License-Identifier: Apache-2.0

/** Time, so that tests can hold it. Delays in milliseconds. */
export interface Clock {
  setTimeout(callback: () => void, delay: number): unknown;
  clearTimeout(handle: unknown): void;
  now(): Date;
}

/**
 * The real one. Node keeps one list for all timers of the same delay, so that the tens of thousands of transactions that
 * linger for 32 s cost a list entry each and no sorting; a wheel of our own would do the same again.
 */
export const systemClock: Clock = {
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (handle) => {
    clearTimeout(handle as NodeJS.Timeout);
  },
  now: () => new Date(),
};
