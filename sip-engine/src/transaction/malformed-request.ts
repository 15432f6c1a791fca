// SPDX-License-Identifier: Apache-2.0
import { addToTag, createResponse } from '../message/create-response.ts';
import { getHeader } from '../message/headers.ts';
import { newTag } from '../message/identifiers.ts';
import { splitList } from '../message/params.ts';
import type { ParseError } from '../message/parse-error.ts';
import type { SipRequest } from '../message/sip-message.ts';
import { serialiseMessage } from '../message/serialise-message.ts';
import { statusReason } from '../message/status-reasons.ts';
import { parseVia, topVia, type Via } from '../message/via.ts';
import type { TransportLayer } from '../transport/transport-layer.ts';
import type { Flow } from './contract.ts';
import { replyTarget, stampVia } from './via-stamp.ts';

const needed = ['From', 'To', 'Call-ID', 'CSeq'];

/**
 * Answers a broken request without state (RFC 3261 §8.2, §21.4.1), where Via tells whereto and the rest tells what.
 * False: it could only be dropped.
 */
export function refuseMalformed(error: ParseError, flow: Flow, transport: TransportLayer): boolean {
  const { request } = error;
  if (request === undefined || request.method === 'ACK') return false;
  if (needed.some((name) => getHeader(request, name) === undefined)) return false;
  try {
    const via = error.status === 505 ? viaOfAnyVersion(request) : topVia(request);
    if (via === undefined) return false;
    // The Via of another version goes back as it came: only the address is taken from it.
    if (error.status !== 505) stampVia(request, via, flow);
    // A reason phrase is one line of text, and what it quotes was written by a stranger.
    const detail = error.message.replace(/[^\x20-\x7e]/g, '?');
    const response = createResponse(request, error.status, `${statusReason(error.status)} (${detail})`);
    addToTag(response, newTag());
    transport.reply(serialiseMessage(response), replyTarget(via, flow));
    return true;
  } catch {
    return false;
  }
}

/** A message of SIP/7.0 has Vias of SIP/7.0 (RFC 4475 §3.1.2.16). */
function viaOfAnyVersion(request: SipRequest): Via | undefined {
  const [first] = splitList(getHeader(request, 'Via') ?? '');
  return first === undefined ? undefined : parseVia(first.replace(/^SIP\s*\/\s*\d+\.\d+/i, 'SIP/2.0'));
}
