// SPDX-License-Identifier: Apache-2.0
import type { PolicyContext } from '../context.ts';
import type { RequestFacts } from '../decision.ts';
import { signNonce } from './nonce.ts';

/**
 * Two challenges in two headers. MD5 comes first, although RFC 8760 §2.3 puts the preferred one there: many a PBX in
 * service (and SIPp 3.6) reads the first alone and gives up on an algorithm that it does not know, while a client that
 * knows SHA-256 can still choose it. Those known to give up wherever they see SHA-256 get MD5 alone. `stale` tells the client to try again with the same password (RFC 7616 §3.3).
 */
export function challengeHeaders(
  request: RequestFacts,
  context: PolicyContext,
  stale: boolean,
): { name: string; value: string }[] {
  const { config, nonces, now } = context;
  const nonce = signNonce(request, nonces.keys[0] ?? '', now);
  const shared = `Digest realm="${config.global.baseDomain}", nonce="${nonce}", qop="auth"`;
  const algorithms = stumblesOverSha256(request.userAgent ?? '') ? ['MD5'] : ['MD5', 'SHA-256'];
  return algorithms.map((algorithm) => ({
    name: 'Proxy-Authenticate',
    value: `${shared}, algorithm=${algorithm}${stale ? ', stale=true' : ''}`,
  }));
}

/** baresip before 3.12: its libre ends the call when any challenge is not MD5, whichever comes first. */
function stumblesOverSha256(userAgent: string): boolean {
  const [, major = '', minor = ''] = /^baresip v(\d+)\.(\d+)/.exec(userAgent) ?? [];
  return major !== '' && (Number(major) < 3 || (Number(major) === 3 && Number(minor) < 12));
}
