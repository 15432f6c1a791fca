// SPDX-License-Identifier: Apache-2.0

/**
 * A rate in calls per second as "at most `max` within `windowMs`": whole rates are counted over one second, others
 * over the shortest window that holds a whole number of calls (0.5/s: one in two seconds; 1.5/s: two in 1.33 s).
 */
export function rateWindow(callsPerSecond: number): { max: number; windowMs: number } {
  if (!(callsPerSecond > 0)) return { max: 0, windowMs: 1000 };
  const max = Math.ceil(callsPerSecond);
  return { max, windowMs: (max / callsPerSecond) * 1000 };
}

/** Limit key of a trunk. */
export function trunkLimitKey(trunkKey: string): string {
  return `trunk/${trunkKey}`;
}

/** Limit key of an account's pool. */
export function accountLimitKey(accountName: string): string {
  return `account/${accountName}`;
}
