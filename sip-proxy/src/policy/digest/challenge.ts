// SPDX-License-Identifier: Apache-2.0
import type { PolicyContext } from '../context.ts';
import type { RequestFacts } from '../decision.ts';
import { signNonce } from './nonce.ts';

/**
 * Two challenges in two headers, the stronger first (RFC 8760 §2.3: a client takes the topmost that it knows). `stale`
 * tells the client to try again with the same password (RFC 7616 §3.3).
 */
export function challengeHeaders(
  request: RequestFacts,
  context: PolicyContext,
  stale: boolean,
): { name: string; value: string }[] {
  const { config, nonces, now } = context;
  const nonce = signNonce(request, nonces.keys[0] ?? '', now);
  const shared = `Digest realm="${config.global.baseDomain}", nonce="${nonce}", qop="auth"`;
  return ['SHA-256', 'MD5'].map((algorithm) => ({
    name: 'Proxy-Authenticate',
    value: `${shared}, algorithm=${algorithm}${stale ? ', stale=true' : ''}`,
  }));
}
