// SPDX-License-Identifier: Apache-2.0
import type { SipRequest } from './sip-message.ts';

/** Reasons quote what came, and end up in logs and in reason phrases. */
const longest = 160;

/**
 * Bytes that are not a usable SIP message. `status` is what a request deserves (400, 413, 505 or 513);
 * `request` holds what could be read, where that may be enough to answer.
 */
export class ParseError extends Error {
  readonly status: number;
  readonly request: SipRequest | undefined;

  constructor(reason: string, options: { status?: number; request?: SipRequest } = {}) {
    super(reason.length > longest ? `${reason.slice(0, longest)}...` : reason);
    this.name = 'ParseError';
    this.status = options.status ?? 400;
    this.request = options.request;
  }
}
