// SPDX-License-Identifier: Apache-2.0
import { REJECT_CODES, type RejectCode } from '../policy/reject-codes.ts';
import { formatReason } from '../policy/reject.ts';
import { refusalHeaders, unsupportedExtensions } from './headers.ts';
import { answerSession, type SessionSettings } from './session-interval.ts';
import type { SipHeaders, SipRequest } from './sip-stack.ts';

/** What there is in an INVITE itself that keeps us from taking it. */
export interface Unfit {
  status: number;
  reason: string;
  code: RejectCode;
  /** All that the answer carries. */
  headers: SipHeaders;
}

/** Whoever sent it. */
export const unfitInvite = (req: SipRequest, supported: readonly string[]): Unfit | undefined => {
  if (req.headers['contact'] === undefined)
    return unfit('bad-request', 'the INVITE has no Contact (RFC 3261 §8.1.1.8)');
  const extensions = unsupportedExtensions(req, supported);
  if (extensions === '') return undefined;
  // RFC 3261 §8.2.2.3.
  return unfit('bad-request', `the INVITE requires ${extensions}, which is not available`, {
    status: 420,
    reason: 'Bad Extension',
    headers: { Unsupported: extensions.slice(0, 200) },
  });
};

/** Of a caller that may call: the record says whose call it was. */
export const unfitCall = (req: SipRequest, settings: SessionSettings): Unfit | undefined => {
  // A call of its own in place of the takeover that was asked for would ring, and be paid for (RFC 3891 §3: 481 where nothing matches).
  if (req.headers['replaces'] !== undefined)
    return unfit('replaces-refused', 'calls cannot be taken over with Replaces');
  const session = answerSession(req.headers, settings);
  if (!('tooSmall' in session)) return undefined;
  // RFC 4028 §9.
  return unfit('bad-request', `the session interval is under ${session.tooSmall} s`, {
    status: 422,
    reason: 'Session Interval Too Small',
    headers: { 'Min-SE': String(session.tooSmall) },
  });
};

const unfit = (
  code: RejectCode,
  text: string,
  { headers, ...answer }: Partial<Omit<Unfit, 'code'>> = {},
): Unfit => ({
  ...REJECT_CODES[code],
  ...answer,
  code,
  headers: { ...refusalHeaders(formatReason({ code, text })), ...headers },
});
