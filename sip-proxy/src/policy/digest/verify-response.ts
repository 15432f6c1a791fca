// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import type { CredentialHash } from '@trunkline/crds';
import type { DigestAlgorithm, DigestCredentials } from './credentials.ts';
import { sameText } from './nonce.ts';

const NODE_NAME: Record<DigestAlgorithm, string> = { MD5: 'md5', 'SHA-256': 'sha256' };

/** Stands in for a user who does not exist, so that the answer takes as long as for one who does. */
const NOBODY: CredentialHash = { username: '', ha1Md5: '0'.repeat(32), ha1Sha256: '0'.repeat(64) };

/** The response that a user with this HA1 gives (RFC 7616 §3.4.1; RFC 2069 §2.1.2 where there is no qop). */
export function digestResponse(credentials: DigestCredentials, ha1: string, method: string): string {
  const { algorithm, nonce, uri, qop } = credentials;
  const name = NODE_NAME[algorithm];
  const ha2 = hash(name, `${method}:${uri}`);
  const middle = qop === undefined ? nonce : `${nonce}:${qop.nc}:${qop.cnonce}:auth`;
  return hash(name, `${ha1}:${middle}:${ha2}`);
}

/** Is the response right for one of the candidates? Without any, the work is done all the same and the answer is no. */
export function verifyResponse(
  credentials: DigestCredentials,
  candidates: readonly CredentialHash[],
  method: string,
): boolean {
  let right = false;
  for (const candidate of candidates.length === 0 ? [NOBODY] : candidates) {
    const ha1 = credentials.algorithm === 'MD5' ? candidate.ha1Md5 : candidate.ha1Sha256;
    const matches = sameText(digestResponse(credentials, ha1, method), credentials.response);
    right ||= matches && candidate !== NOBODY;
  }
  return right;
}
