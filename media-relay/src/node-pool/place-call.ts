// SPDX-License-Identifier: Apache-2.0
import { MediaError } from '../media-error.ts';
import type { NgResult } from '../ng/ng-client.ts';
import { deleteBody } from '../media-policy/leg-flags.ts';
import type { MediaNode } from './media-node.ts';

/** rtpengine's words for "full" that come as an error; either way it has dropped the new call. */
const FULL = ['Ran out of ports', 'Parallel session limit reached'];

export interface Placed {
  node: MediaNode;
  sdp: string;
}

/**
 * Offers a new call to the nodes in order until one takes it. A node that stays silent may have taken it all the same:
 * it is told to drop the call.
 *
 * @param wanted asked before each try: false once the call is over
 * @throws MediaError `media-unavailable` where no node takes it, `sdp-invalid` or `media-refused` where one refuses the call itself
 */
export async function placeCall(
  nodes: readonly MediaNode[],
  body: Record<string, unknown>,
  wanted: () => boolean,
): Promise<Placed> {
  const refusals: string[] = [];
  for (const node of nodes) {
    if (!wanted()) throw new MediaError('session-state', 'the call ended before a media node took it');
    const result = await node.command('offer', body);
    if (result.outcome === 'ok') return { node, sdp: sdpOf(node, result.reply) };
    if (result.outcome === 'error' && !FULL.includes(result.reason)) throw refused(node, 'offer', result);
    if (result.outcome === 'timeout') {
      const callId = String(body['call-id']);
      void node.delete(callId, { ...deleteBody(callId), 'from-tag': body['from-tag'] });
    }
    refusals.push(`${node.address}: ${result.reason}`);
  }
  const why = refusals.length > 0 ? refusals.join('; ') : 'all are down or draining';
  throw new MediaError(
    'media-unavailable',
    `no media node took the call (${why}); check that rtpengine runs and has free ports and sessions`,
  );
}

/** The rewritten SDP of an `ok` reply. */
export function sdpOf(node: MediaNode, reply: Record<string, unknown>): string {
  if (typeof reply.sdp === 'string') return reply.sdp;
  throw new MediaError('media-refused', `media node ${node.address} answered ok without an SDP`);
}

/** What a refused or unanswered command for a call on `node` means for the call. */
export function refused(
  node: MediaNode,
  command: string,
  result: Exclude<NgResult, { outcome: 'ok' }>,
): MediaError {
  const text = `media node ${node.address}, ${command}: ${result.reason}`;
  if (result.outcome === 'timeout') return new MediaError('media-timeout', text);
  if (result.outcome === 'loadLimit') return new MediaError('media-unavailable', text);
  if (result.reason === 'Unknown call-id') return new MediaError('media-lost', text);
  if (result.reason === 'Failed to parse SDP') return new MediaError('sdp-invalid', text);
  return new MediaError('media-refused', text);
}
