// SPDX-License-Identifier: Apache-2.0
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RequestFacts } from '../decision.ts';

/** What may be said of a nonce that came back. */
export type NonceState = 'fresh' | 'expired' | 'foreign';

/** Clocks of two replicas that share a key may differ by this much. */
const SKEW_MS = 5000;

/** Half of a SHA-256 in base64url: more than anyone guesses within a nonce's life. */
const MAC_LENGTH = 22;

/**
 * A nonce of our own: the time, and an HMAC over the time, the source address and the Call-ID (RFC 7616 §3.3 asks for
 * such a form). Whoever records it can use it neither from elsewhere nor for another call, and any replica that has
 * the key can check it.
 */
export function signNonce(request: RequestFacts, key: string, now: number): string {
  const time = Math.trunc(now).toString(36);
  return `${time}.${mac(time, request, key)}`;
}

export function checkNonce(
  nonce: string,
  request: RequestFacts,
  trust: { keys: readonly string[]; lifetimeMs: number; now: number },
): NonceState {
  const dot = nonce.indexOf('.');
  const time = nonce.slice(0, Math.max(dot, 0));
  const given = nonce.slice(dot + 1);
  if (!/^[0-9a-z]{1,11}$/.test(time) || given.length !== MAC_LENGTH) return 'foreign';
  const ours = trust.keys.some((key) => sameText(mac(time, request, key), given));
  if (!ours) return 'foreign';
  const age = trust.now - Number.parseInt(time, 36);
  return age <= trust.lifetimeMs && age >= -SKEW_MS ? 'fresh' : 'expired';
}

/** After this time (ms) a nonce is expired on every replica and its use may be forgotten. */
export function nonceExpiry(nonce: string, lifetimeMs: number): number {
  return Number.parseInt(nonce.slice(0, nonce.indexOf('.')), 36) + lifetimeMs + SKEW_MS;
}

function mac(time: string, { source, callId }: RequestFacts, key: string): string {
  return createHmac('sha256', key)
    .update(`${time}\n${source.address}\n${callId}`)
    .digest('base64url')
    .slice(0, MAC_LENGTH);
}

/** Compares in a time that does not tell where the difference is. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
