// SPDX-License-Identifier: Apache-2.0
import { readTag } from './name-addr.ts';
import type { Header, SipRequest, SipResponse } from './sip-message.ts';
import { statusReason } from './status-reasons.ts';

const copied = new Set(['via', 'from', 'to', 'call-id', 'cseq']);

/**
 * A response with what the RFC wants copied: every Via, From, To, Call-ID, CSeq (RFC 3261 §8.2.6.2), and Record-Route
 * in 101-299 (§12.1.1). The To tag is the caller's business: see `addToTag`.
 */
export function createResponse(
  request: SipRequest,
  status: number,
  reason = statusReason(status),
): SipResponse {
  const withRoute = status > 100 && status < 300;
  const headers: Header[] = [];
  for (const { name, value } of request.headers) {
    const lower = name.toLowerCase();
    if (copied.has(lower) || (withRoute && lower === 'record-route')) headers.push({ name, value });
  }
  return { kind: 'response', status, reason, headers, body: Buffer.alloc(0) };
}

/** Gives the To header a tag unless it has one (RFC 3261 §8.2.6.2: every response but 100). */
export function addToTag(response: SipResponse, tag: string): void {
  const to = response.headers.find(({ name }) => name.toLowerCase() === 'to');
  if (to !== undefined && readTag(to.value) === undefined) to.value = `${to.value};tag=${tag}`;
}
