// SPDX-License-Identifier: Apache-2.0
import type { MediaStatistics } from '../media-session.ts';
import { TAG } from './leg-flags.ts';

/** RTP packets received from each leg, from the reply to `delete` or `query`; what is missing counts as none. */
export function readStatistics(reply: unknown): MediaStatistics {
  const statistics: MediaStatistics = { packetsFromCaller: 0, packetsFromCallee: 0 };
  for (const tag of Object.values(record(record(reply).tags))) {
    const packets = packetsOf(tag);
    // Before its answer the callee has no tag (`""`): whoever is not the caller is the callee.
    if (record(tag).tag === TAG.caller) statistics.packetsFromCaller += packets;
    else statistics.packetsFromCallee += packets;
  }
  return statistics;
}

function packetsOf(tag: unknown): number {
  return list(record(tag).medias)
    .flatMap((media) => list(record(media).streams))
    .filter((stream) => list(record(stream).flags).includes('RTP'))
    .reduce<number>((sum, stream) => sum + count(record(record(stream).stats).packets), 0);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
