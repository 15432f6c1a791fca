// SPDX-License-Identifier: Apache-2.0
import type { CallTable } from './call-table.ts';
import type { Dictionary } from './ng-message.ts';

/** The part of rtpengine's `statistics` that the relay can fill, under the same keys. */
export function relayStatistics({ calls, counts }: CallTable): Dictionary {
  return {
    currentstatistics: {
      sessionsown: calls.size,
      sessionsforeign: 0,
      sessionstotal: calls.size,
      transcodedmedia: 0,
    },
    totalstatistics: {
      // rtpengine gives it as text, in whole seconds.
      uptime: String(Math.floor(process.uptime())),
      managedsessions: counts.managed,
      rejectedsessions: counts.rejected,
      timeoutsessions: counts.timedOut,
      offertimeoutsessions: counts.offerTimedOut,
      regularterminatedsessions: counts.terminated,
      relayedpackets: counts.packets,
      relayedpacketerrors: counts.errors,
      relayedbytes: counts.bytes,
    },
  };
}
