// SPDX-License-Identifier: Apache-2.0
import { branchCookie } from '../message/identifiers.ts';
import type { SipRequest } from '../message/sip-message.ts';
import type { Essentials } from '../message/validate-message.ts';

/**
 * The key under which a server transaction is found (RFC 3261 §17.2.3): branch, sent-by and method; for a peer of
 * RFC 2543 whose branch says nothing, the fields that its repeats have in common. An ACK or CANCEL asks with INVITE for
 * the transaction that it is about.
 */
export function serverKey(request: SipRequest, essentials: Essentials, method: string): string {
  const { via } = essentials;
  const branch = via.params.get('branch');
  const sentBy = `${via.host.toLowerCase()}:${via.port ?? 5060}`;
  if (branch !== undefined && branch.length > branchCookie.length && branch.startsWith(branchCookie)) {
    return `${branch}|${sentBy}|${method}`;
  }
  // The To tag stays out: an ACK carries the one of our response, the INVITE had none.
  const { fromTag, callId, sequence } = essentials;
  return ['2543', request.uri, fromTag ?? '', callId, sequence, sentBy, branch ?? '', method].join('|');
}

/** RFC 3261 §17.1.3; branches are ours and random. */
export function clientKey(branch: string, method: string): string {
  return `${branch}|${method}`;
}

/** Equal for the same request that came on two ways (RFC 3261 §8.2.2.2); undefined within a dialog. */
export function mergeKey(essentials: Essentials): string | undefined {
  const { callId, fromTag, sequence, method, toTag } = essentials;
  return toTag === undefined ? `${callId}|${fromTag ?? ''}|${sequence}|${method}` : undefined;
}
