// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';

/** What this folder logs with: any pino logger. */
export type RecordsLog = Pick<Logger, 'info' | 'warn' | 'error'>;

/** Passes one message per interval and tells how many it held back; an outage must not fill the log as well. */
export const createLogLimiter = (intervalMs: number, now: () => number = Date.now) => {
  let last = -Infinity;
  let held = 0;
  return (write: (heldBack: number) => void): void => {
    if (now() - last < intervalMs) {
      held += 1;
      return;
    }
    last = now();
    write(held);
    held = 0;
  };
};
