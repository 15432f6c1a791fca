// SPDX-License-Identifier: Apache-2.0

/** Durations as Kubernetes users write them (Gateway API GEP-2257): `24h`, `4s`, `500ms`, `1h30m`; no fractions, no sign. */
export const DURATION_PATTERN = '^([0-9]{1,5}(h|m|s|ms)){1,4}$';

const UNIT_MS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/**
 * Milliseconds of a duration string, or `undefined` where the text is no duration. The longest that the pattern
 * admits is about 45 years, far below the limit of exact integers; timers (2^31 ms) need their own bound.
 */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(DURATION_PATTERN).test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(h|ms|m|s)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return total;
}
