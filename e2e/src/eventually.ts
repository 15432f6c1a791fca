// SPDX-License-Identifier: Apache-2.0
import { setTimeout as wait } from 'node:timers/promises';

export interface Patience {
  /** Default 10,000. */
  timeoutMs?: number;
  /** Default 50. */
  everyMs?: number;
}

/** Asks until the answer is something other than undefined or false. Throws an Error that names what was awaited. */
export const eventually = async <Value>(
  what: string,
  ask: () => Promise<Value | undefined | false> | Value | undefined | false,
  { timeoutMs = 10_000, everyMs = 50 }: Patience = {},
): Promise<Value> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() >= deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await wait(everyMs);
  }
};
