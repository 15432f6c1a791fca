// SPDX-License-Identifier: Apache-2.0

/**
 * Stable codes of what can go wrong between us and an API server:
 * - `refused`: the server answered with an error; `status` and `reason` say which
 * - `unreachable`: no answer: connection refused, reset, name not found
 * - `timeout`: no whole answer in time
 * - `malformed`: an answer that is not what Kubernetes answers
 * - `cancelled`: our own signal ended it
 */
export type KubeErrorCode = 'refused' | 'unreachable' | 'timeout' | 'malformed' | 'cancelled';

interface KubeErrorDetails {
  code: KubeErrorCode;
  message: string;
  /** HTTP status, 0 where there was no answer. */
  status?: number;
  /** `metav1.Status.reason`, such as `Conflict`. */
  reason?: string;
  /** What the server asks to wait, from `Retry-After`. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: KubeErrorCode;
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor({ code, message, status = 0, reason = '', retryAfterMs, cause }: KubeErrorDetails) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }

  /** Someone else wrote the object since it was read: read again and retry. Not AlreadyExists, which is a 409 too. */
  get isConflict(): boolean {
    return this.status === 409 && this.reason !== 'AlreadyExists';
  }

  get isAlreadyExists(): boolean {
    return this.status === 409 && this.reason === 'AlreadyExists';
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }

  /** The resource version (or the page) is too old to go on from: list again. */
  get isGone(): boolean {
    return this.status === 410;
  }
}

interface StatusBody {
  message?: unknown;
  reason?: unknown;
  code?: unknown;
  details?: { retryAfterSeconds?: unknown } | null;
}

/** From `metav1.Status`, the body of an error answer or the object of an ERROR event. Any other body will do as well. */
export function errorFromStatus(body: unknown, httpStatus: number, retryAfter?: string): KubeError {
  const status: StatusBody = typeof body === 'object' && body !== null ? body : {};
  const code = typeof status.code === 'number' && status.code > 0 ? status.code : httpStatus;
  return new KubeError({
    code: 'refused',
    status: code,
    reason: typeof status.reason === 'string' ? status.reason : '',
    message: typeof status.message === 'string' ? status.message : `the API server answered ${code}`,
    retryAfterMs: inMilliseconds(retryAfter ?? status.details?.retryAfterSeconds),
  });
}

/** `Retry-After` may also be a date (RFC 9110 §10.2.3); Kubernetes sends seconds. */
function inMilliseconds(seconds: unknown): number | undefined {
  const number = Number(seconds);
  return Number.isFinite(number) && number >= 0 ? number * 1_000 : undefined;
}

const TIMEOUTS = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

/** What a failed exchange becomes. `cancelled`: whether our caller's signal is the reason. */
export function errorFromTransport(error: unknown, cancelled: boolean): KubeError {
  if (error instanceof KubeError) return error;
  const { message, name, code } = error as Error & { code?: string };
  if (cancelled) return new KubeError({ code: 'cancelled', message: 'cancelled', cause: error });
  if (name === 'TimeoutError' || TIMEOUTS.has(code ?? '')) {
    return new KubeError({
      code: 'timeout',
      message: `the API server is too slow: ${message}`,
      cause: error,
    });
  }
  return new KubeError({
    code: 'unreachable',
    message: `no answer from the API server: ${message || code || name}`,
    cause: error,
  });
}

export const isKubeError = (error: unknown): error is KubeError => error instanceof KubeError;
