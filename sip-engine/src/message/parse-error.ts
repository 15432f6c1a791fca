// SPDX-License-Identifier: Apache-2.0
import type { SipRequest } from './sip-message.ts';

/**
 * Bytes that are not a usable SIP message. `status` is what a request deserves (400, 413 or 505);
 * `request` holds what could be read, where that may be enough to answer.
 */
export class ParseError extends Error {
  readonly status: number;
  readonly request: SipRequest | undefined;

  constructor(reason: string, options: { status?: number; request?: SipRequest } = {}) {
    super(reason);
    this.name = 'ParseError';
    this.status = options.status ?? 400;
    this.request = options.request;
  }
}
