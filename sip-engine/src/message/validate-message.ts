// SPDX-License-Identifier: Apache-2.0
import { parseCSeq } from './cseq.ts';
import { getHeader, getHeaders } from './headers.ts';
import { parseNameAddr } from './name-addr.ts';
import { splitList } from './params.ts';
import { ParseError } from './parse-error.ts';
import type { SipMessage } from './sip-message.ts';
import { parseVia, topVia, type Via } from './via.ts';

/** What transactions go by, read once. */
export interface Essentials {
  via: Via;
  callId: string;
  sequence: number;
  /** Of CSeq; equal to the request's. */
  method: string;
  fromTag: string | undefined;
  toTag: string | undefined;
}

/**
 * Checks what RFC 3261 §8.1.1 wants in every message: Via, From, To, Call-ID, CSeq, each readable and all but Via once;
 * and Max-Forwards where it is there.
 * @throws ParseError naming the header
 */
export function readEssentials(message: SipMessage): Essentials {
  try {
    const via = topVia(message);
    if (via === undefined) throw new ParseError('header Via is missing');
    checkSharedLine(message);
    const from = parseNameAddr(single(message, 'From'));
    const to = parseNameAddr(single(message, 'To'));
    const callId = single(message, 'Call-ID');
    const cseq = parseCSeq(single(message, 'CSeq'));
    if (message.kind === 'request')
      checkRequest(message.method, cseq.method, getHeaders(message, 'Max-Forwards'));
    return {
      via,
      callId,
      sequence: cseq.sequence,
      method: cseq.method,
      fromTag: from.params.get('tag'),
      toTag: to.params.get('tag'),
    };
  } catch (error) {
    if (!(error instanceof ParseError) || message.kind === 'response') throw error;
    throw new ParseError(error.message, { request: message });
  }
}

/** Responses go by the topmost Via, but its whole line is sent back: it has to be Vias (RFC 4475 §3.1.2.1). */
function checkSharedLine(message: SipMessage): void {
  const line = getHeader(message, 'Via') ?? '';
  if (line.includes(',')) for (const other of splitList(line).slice(1)) parseVia(other);
}

function single(message: SipMessage, name: string): string {
  const [value, ...more] = getHeaders(message, name);
  if (value === undefined || value === '') throw new ParseError(`header ${name} is missing`);
  if (more.length > 0) throw new ParseError(`header ${name} is there ${more.length + 1} times`);
  return value;
}

function checkRequest(method: string, cseqMethod: string, maxForwards: string[]): void {
  if (method !== cseqMethod) throw new ParseError(`CSeq names ${cseqMethod}, but the request is ${method}`);
  for (const hops of maxForwards) {
    if (!/^\d{1,9}$/.test(hops) || Number(hops) > 255)
      throw new ParseError(`Max-Forwards "${hops}" is not in 0-255`);
  }
}
