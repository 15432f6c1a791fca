// SPDX-License-Identifier: Apache-2.0

/** Why something was given up before it got anywhere. */
export const DROP_REASONS = [
  /** A datagram of a source that sends more than it may. */
  'rate',
  /** A stream of such a source: nothing is lost, its reading waits. */
  'throttled',
  /** Not SIP, from a source that has had its answers to such. */
  'malformed',
  /** A message that did not become whole in time. */
  'slow-message',
  /** A connection on which nothing whole came. */
  'silent-connection',
  /** A connection of a source that has too many. */
  'source-connections',
  /** A connection beyond what the listener holds. */
  'connections',
  /** TLS that was not agreed on, or not in time. */
  'handshake',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

export type DropCounts = Record<DropReason, number>;

export function noDrops(): DropCounts {
  return Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as DropCounts;
}
