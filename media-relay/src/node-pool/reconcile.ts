// SPDX-License-Identifier: Apache-2.0
import type { CarriedCall, MediaNode } from './media-node.ts';

/** Calls asked for in one `list`: the reply, about 40 bytes a call, must fit a datagram. */
const LIST_LIMIT = 1000;
/** Questions about single calls under way at one time. */
const PARALLEL_QUERIES = 10;

/**
 * Finds the calls that a node has ended by itself: rtpengine drops a call without media for 60 s, and everything when it
 * restarts, and tells nobody. A call absent from the node's list is asked for by itself before it counts as lost,
 * because the list may be cut short.
 *
 * @param downGraceMs a node silent for longer than this has lost its calls
 */
export async function reconcile(node: MediaNode, downGraceMs: number): Promise<void> {
  if (node.calls.size === 0) return;
  if (node.downSince !== undefined) {
    if (performance.now() - node.downSince >= downGraceMs)
      loseAll(node.calls.values(), 'the media node is down');
    return;
  }
  const calls = [...node.calls.values()];
  const listed = await node.command('list', { limit: LIST_LIMIT });
  if (listed.outcome !== 'ok' || !Array.isArray(listed.reply.calls)) return;
  const known = new Set<unknown>(listed.reply.calls);
  const absent = calls.filter(({ callId }) => !known.has(callId));
  const lost = await forgotten(node, absent);
  if (lost.length > 0) loseAll(lost, await reasonOf(node, lost));
}

async function forgotten(node: MediaNode, calls: readonly CarriedCall[]): Promise<CarriedCall[]> {
  const lost: CarriedCall[] = [];
  const waiting = calls.values();
  const ask = async (): Promise<void> => {
    for (const call of waiting) {
      const result = await node.command('query', { 'call-id': call.callId });
      if (result.outcome === 'error' && node.calls.get(call.callId) === call) lost.push(call);
      if (result.outcome === 'timeout') return;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_QUERIES }, ask));
  return lost;
}

/** Tells a restart from a media timeout: a node younger than a call of its own has restarted. */
async function reasonOf(node: MediaNode, lost: readonly CarriedCall[]): Promise<string> {
  const result = await node.command('statistics');
  const uptimeSeconds = result.outcome === 'ok' ? uptimeOf(result.reply.statistics) : undefined;
  const oldestSeconds = Math.max(...lost.map(({ since }) => (performance.now() - since) / 1000));
  if (uptimeSeconds !== undefined && uptimeSeconds + 1 < oldestSeconds) return 'the media node restarted';
  return 'the media node ended the call: no media arrived, or the node restarted';
}

function uptimeOf(statistics: unknown): number | undefined {
  const total = (statistics as { totalstatistics?: { uptime?: unknown } } | undefined)?.totalstatistics;
  const uptime = Number(total?.uptime);
  return Number.isFinite(uptime) ? uptime : undefined;
}

function loseAll(calls: Iterable<CarriedCall>, reason: string): void {
  for (const call of [...calls]) call.lose(reason);
}
