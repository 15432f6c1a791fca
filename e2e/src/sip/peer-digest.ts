// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';

export interface PeerCredentials {
  username: string;
  password: string;
  /** Which of the offered challenges is answered. Default: the first. */
  algorithm?: 'MD5' | 'SHA-256';
  /** Last change of the parameters before they are sent, for forged answers. */
  forge?: (parameters: Record<string, string>) => Record<string, string>;
}

/** Parameters of one `Digest ...` value. */
export const digestParameters = (value: string): Record<string, string> => {
  const parameters: Record<string, string> = {};
  for (const [, name = '', quoted, plain] of value.matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/g)) {
    parameters[name.toLowerCase()] = quoted ?? plain ?? '';
  }
  return parameters;
};

const UNQUOTED = ['algorithm', 'nc', 'qop', 'stale'];

/** RFC 7616 §3.4 with `qop=auth`: the Authorization value for a challenge, or undefined where no challenge fits. */
export const answerChallenge = (
  challenges: string[],
  request: { method: string; uri: string },
  credentials: PeerCredentials,
): string | undefined => {
  const offered = challenges.map(digestParameters);
  const wanted = credentials.algorithm;
  const challenge = wanted ? offered.find(({ algorithm = 'MD5' }) => algorithm === wanted) : offered[0];
  if (!challenge) return undefined;
  const { realm = '', nonce = '', algorithm = 'MD5', opaque } = challenge;
  const hash = (text: string) =>
    createHash(algorithm === 'SHA-256' ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  const nc = '00000001';
  const cnonce = randomBytes(8).toString('hex');
  const ha1 = hash(`${credentials.username}:${realm}:${credentials.password}`);
  const ha2 = hash(`${request.method}:${request.uri}`);
  const parameters: Record<string, string> = {
    username: credentials.username,
    realm,
    nonce,
    uri: request.uri,
    response: hash(`${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}`),
    algorithm,
    qop: 'auth',
    nc,
    cnonce,
    ...(opaque === undefined ? {} : { opaque }),
  };
  const sent = credentials.forge?.(parameters) ?? parameters;
  const text = Object.entries(sent).map(([name, value]) =>
    UNQUOTED.includes(name) ? `${name}=${value}` : `${name}="${value}"`,
  );
  return `Digest ${text.join(', ')}`;
};
