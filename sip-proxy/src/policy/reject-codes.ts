// SPDX-License-Identifier: Apache-2.0

/**
 * Every way in which a call is refused or ends early by our own decision: the stable code that users see in the
 * `Reason` header (`Reason: Trunkline;cause=<code>;text="..."`), in records, logs, metrics and `explain`.
 * Documented in docs/reference/errors.md. Codes are never reused or renamed.
 */
export const REJECT_CODES = {
  'unknown-domain': { status: 404, reason: 'Not Found' },
  'unknown-number': { status: 404, reason: 'Not Found' },
  'account-missing': { status: 603, reason: 'Decline' },
  'account-suspended': { status: 603, reason: 'Decline' },
  'tls-required': { status: 403, reason: 'Forbidden' },
  'source-address-denied': { status: 403, reason: 'Forbidden' },
  'digest-blocked': { status: 403, reason: 'Forbidden' },
  'digest-invalid': { status: 403, reason: 'Forbidden' },
  'no-authentication-configured': { status: 403, reason: 'Forbidden' },
  'too-many-hops': { status: 483, reason: 'Too Many Hops' },
  'invalid-number': { status: 400, reason: 'Bad Request' },
  'invalid-caller-id': { status: 403, reason: 'Invalid Caller ID' },
  'trial-number-not-verified': { status: 403, reason: 'Forbidden' },
  'trunk-cps-limit': { status: 503, reason: 'Trunk CPS limit exceeded' },
  'trunk-concurrent-limit': { status: 503, reason: 'Trunk concurrent call limit exceeded' },
  'account-cps-limit': { status: 503, reason: 'Account CPS limit exceeded' },
  'media-not-acceptable': { status: 488, reason: 'Not Acceptable Here' },
  'no-carrier': { status: 404, reason: 'Not Found' },
  'no-origination-uri': { status: 480, reason: 'Temporarily Unavailable' },
  'not-implemented': { status: 501, reason: 'Not Implemented' },
  'method-not-allowed': { status: 405, reason: 'Method Not Allowed' },
  'options-rate-limit': { status: 0, reason: '' },
  'replaces-refused': { status: 481, reason: 'Call/Transaction Does Not Exist' },
  'bad-request': { status: 400, reason: 'Bad Request' },
  'media-unavailable': { status: 503, reason: 'Media Unavailable' },
  'all-targets-failed': { status: 0, reason: '' },
  'final-answer': { status: 0, reason: '' },
  'caller-cancelled': { status: 487, reason: 'Request Terminated' },
  'no-answer': { status: 480, reason: 'Temporarily Unavailable' },
  'max-call-duration': { status: 0, reason: '' },
  'media-timeout': { status: 0, reason: '' },
  'ack-timeout': { status: 0, reason: '' },
  'session-expired': { status: 0, reason: '' },
  'dialog-lost': { status: 0, reason: '' },
  'engine-lost': { status: 0, reason: '' },
  draining: { status: 503, reason: 'Service Unavailable' },
  'internal-error': { status: 500, reason: 'Server Internal Error' },
} as const satisfies Record<string, { status: number; reason: string }>;

export type RejectCode = keyof typeof REJECT_CODES;
