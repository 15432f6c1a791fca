// SPDX-License-Identifier: Apache-2.0

/**
 * Every way in which media for a call can fail: the stable code, the SIP status that it means for the call, and the
 * reject code of sip-proxy under which it is recorded. Codes are never reused or renamed.
 */
export const MEDIA_ERRORS = {
  /** The SDP cannot be read, is too large, or has no media that can be relayed. */
  'sdp-invalid': { status: 400, rejectCode: 'bad-request' },
  /** None of the offered codecs is allowed on this leg; rtpengine itself would answer `ok`. */
  'no-usable-codec': { status: 488, rejectCode: 'media-not-acceptable' },
  /** SRTP was offered or answered on a leg that carries plain RTP. */
  'srtp-not-allowed': { status: 488, rejectCode: 'media-not-acceptable' },
  /** No media node took the call: all down, full, or silent. */
  'media-unavailable': { status: 503, rejectCode: 'media-unavailable' },
  /** The node that carries the call did not answer in time. */
  'media-timeout': { status: 503, rejectCode: 'media-unavailable' },
  /** The node no longer knows the call: it timed out there, or the node restarted. */
  'media-lost': { status: 503, rejectCode: 'media-unavailable' },
  /** The node refused the command for a reason that is not about load. */
  'media-refused': { status: 500, rejectCode: 'internal-error' },
  /** Used after `close`, or an answer without an offer: a mistake of the caller of this API. */
  'session-state': { status: 500, rejectCode: 'internal-error' },
} as const satisfies Record<string, { status: number; rejectCode: string }>;

export type MediaErrorCode = keyof typeof MEDIA_ERRORS;

/** The only error that a `MediaSession` throws; its message is fit for a log line and a `Reason` header. */
export class MediaError extends Error {
  override readonly name = 'MediaError';
  readonly code: MediaErrorCode;
  /** SIP status for the request that needed the media. */
  readonly status: number;
  /** Key of sip-proxy's reject codes. */
  readonly rejectCode: (typeof MEDIA_ERRORS)[MediaErrorCode]['rejectCode'];

  constructor(code: MediaErrorCode, message: string) {
    super(message);
    this.code = code;
    this.status = MEDIA_ERRORS[code].status;
    this.rejectCode = MEDIA_ERRORS[code].rejectCode;
  }
}
