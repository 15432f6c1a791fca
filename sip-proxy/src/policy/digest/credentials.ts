// SPDX-License-Identifier: Apache-2.0
import { endOfQuoted, splitHeaderValues } from '../sip-uri.ts';

export type DigestAlgorithm = 'MD5' | 'SHA-256';

/** The parts of a `Proxy-Authorization: Digest` header (RFC 7616 §3.4), checked for form alone. */
export interface DigestCredentials {
  username: string;
  realm: string;
  nonce: string;
  uri: string;
  response: string;
  algorithm: DigestAlgorithm;
  /** Absent: the form of RFC 2069, which older PBXs send. */
  qop?: { nc: string; cnonce: string };
}

/** `other`: no digest scheme. `malformed`: says why, for the person at the PBX. */
export type ParsedCredentials =
  | { kind: 'digest'; credentials: DigestCredentials }
  | { kind: 'other' }
  | { kind: 'malformed'; problem: string };

const MAX_LENGTH = 4096;
const RESPONSE_LENGTH: Record<DigestAlgorithm, number> = { MD5: 32, 'SHA-256': 64 };

/**
 * The credentials for our realm. A chain of proxies, or a client that answers both of our challenges, sends several
 * (RFC 3261 §22.3); they arrive joined by commas, and the first that can be used counts.
 */
export function parseDigestCredentials(header: string, realm: string): ParsedCredentials {
  if (header.length > MAX_LENGTH) return malformed('it is too long');
  const all = splitCredentials(header).map(parseOne);
  const ours = all.find((parsed) => parsed.kind === 'digest' && parsed.credentials.realm === realm);
  return ours ?? all.find(({ kind }) => kind === 'malformed') ?? all[0] ?? { kind: 'other' };
}

function splitCredentials(header: string): string[] {
  if (!/,\s*digest\s/i.test(header)) return [header];
  const groups: string[] = [];
  for (const part of splitHeaderValues(header)) {
    if (groups.length === 0 || /^digest\s/i.test(part)) groups.push(part);
    else groups.push(`${groups.pop() ?? ''}, ${part}`);
  }
  return groups;
}

function parseOne(header: string): ParsedCredentials {
  if (!/^\s*digest\s/i.test(header)) return { kind: 'other' };
  const parameters = parseParameters(header.trimStart().slice('digest'.length));
  if (typeof parameters === 'string') return malformed(parameters);
  for (const name of ['username', 'realm', 'nonce', 'uri', 'response']) {
    if (!parameters.has(name)) return malformed(`${name} is missing`);
  }
  return assemble(parameters);
}

function assemble(parameters: Map<string, string>): ParsedCredentials {
  const value = (name: string): string => parameters.get(name) ?? '';
  const algorithm = parameters.has('algorithm') ? value('algorithm').toUpperCase() : 'MD5';
  if (algorithm !== 'MD5' && algorithm !== 'SHA-256')
    return malformed('algorithm is neither MD5 nor SHA-256');
  const response = value('response').toLowerCase();
  if (response.length !== RESPONSE_LENGTH[algorithm] || /[^0-9a-f]/.test(response)) {
    return malformed(`response is no ${algorithm} value of ${RESPONSE_LENGTH[algorithm]} hex digits`);
  }
  const qop = readQop(parameters, algorithm);
  if (typeof qop === 'string') return malformed(qop);
  const [username, realm, nonce, uri] = [value('username'), value('realm'), value('nonce'), value('uri')];
  return { kind: 'digest', credentials: { username, realm, nonce, uri, response, algorithm, ...qop } };
}

/** `qop` with its companions, an empty object for RFC 2069, or what is wrong. */
function readQop(
  parameters: Map<string, string>,
  algorithm: DigestAlgorithm,
): Pick<DigestCredentials, 'qop'> | string {
  const qop = parameters.get('qop')?.toLowerCase();
  if (qop === undefined) return algorithm === 'MD5' ? {} : 'qop is missing, which SHA-256 needs';
  if (qop !== 'auth') return 'qop is not auth, the only one that was offered';
  const nc = parameters.get('nc') ?? '';
  if (!/^[0-9a-f]{8}$/i.test(nc) || /^0+$/.test(nc)) return 'nc is no count of 8 hex digits';
  const cnonce = parameters.get('cnonce') ?? '';
  return cnonce === '' ? 'cnonce is missing' : { qop: { nc: nc.toLowerCase(), cnonce } };
}

function malformed(problem: string): ParsedCredentials {
  return { kind: 'malformed', problem };
}

/** `name=token` and `name="quoted"`, comma separated; a text says what is wrong. */
function parseParameters(text: string): Map<string, string> | string {
  const parameters = new Map<string, string>();
  const pattern = /[\s,]*([A-Za-z0-9_*-]+)[ \t]*=[ \t]*/y;
  let at = 0;
  while (/[^\s,]/.test(text.slice(at))) {
    pattern.lastIndex = at;
    const name = pattern.exec(text)?.[1]?.toLowerCase();
    if (name === undefined) return 'it is no list of name=value';
    if (parameters.has(name)) return `${name} is there twice`;
    const start = pattern.lastIndex;
    const end = valueEnd(text, start);
    if (end < 0) return `the quotes of ${name} never close`;
    parameters.set(name, unquote(text.slice(start, end)));
    if (!/^\s*(,|$)/.test(text.slice(end))) return `no comma follows ${name}`;
    at = end;
  }
  return parameters;
}

function valueEnd(text: string, start: number): number {
  if (text[start] === '"') return endOfQuoted(text, start);
  const end = text.slice(start).search(/[\s,]/);
  return end < 0 ? text.length : start + end;
}

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
}
