// SPDX-License-Identifier: Apache-2.0
import { formatParams, parseParams, type Params } from './params.ts';
import { ParseError } from './parse-error.ts';

/** RFC 3261 §19.1. Escapes (`%41`) stay as they are in every part. */
export interface SipUri {
  scheme: 'sip' | 'sips';
  user: string | undefined;
  password: string | undefined;
  /** IPv6 without brackets. */
  host: string;
  port: number | undefined;
  params: Params;
  /** What follows `?`, raw. */
  headers: string | undefined;
}

const hostPort = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/;

/** @throws ParseError, also for other schemes such as `tel:` */
export function parseSipUri(text: string): SipUri {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, Math.max(0, colon)).toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips')
    throw new ParseError(`${JSON.stringify(text)} is not a sip: or sips: URI`);
  if (/[\s<>"]/.test(text))
    throw new ParseError(`URI ${JSON.stringify(text)} holds a blank, quote or bracket`);
  const rest = text.slice(colon + 1);
  // `;`, `?` and `/` may stand in the user part as they are (RFC 3261 §25.1 user-unreserved), `@` may not.
  const at = rest.indexOf('@');
  const [user, password] = readUser(at < 0 ? undefined : rest.slice(0, at), text);
  const tail = rest.slice(at + 1);
  const question = tail.indexOf('?');
  const beforeHeaders = question < 0 ? tail : tail.slice(0, question);
  const semicolon = beforeHeaders.indexOf(';');
  const { host, port } = readHostPort(
    semicolon < 0 ? beforeHeaders : beforeHeaders.slice(0, semicolon),
    text,
  );
  const params =
    semicolon < 0 ? new Map<string, string | undefined>() : parseParams(beforeHeaders.slice(semicolon));
  return {
    scheme,
    user,
    password,
    host,
    port,
    params,
    headers: question < 0 ? undefined : tail.slice(question + 1),
  };
}

function readUser(part: string | undefined, uri: string): [string | undefined, string | undefined] {
  if (part === undefined) return [undefined, undefined];
  const colon = part.indexOf(':');
  const user = colon < 0 ? part : part.slice(0, colon);
  if (user === '') throw new ParseError(`URI ${JSON.stringify(uri)} has an empty user part`);
  return [user, colon < 0 ? undefined : part.slice(colon + 1)];
}

function readHostPort(part: string, uri: string): { host: string; port: number | undefined } {
  const match = hostPort.exec(part);
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (match === null || port === 0 || (port ?? 0) > 65_535) {
    throw new ParseError(`URI ${JSON.stringify(uri)} has no valid host and port: ${JSON.stringify(part)}`);
  }
  return { host: match[1] ?? match[2] ?? '', port };
}

export function formatSipUri(uri: SipUri): string {
  const password = uri.password === undefined ? '' : `:${uri.password}`;
  const user = uri.user === undefined ? '' : `${uri.user}${password}@`;
  const host = uri.host.includes(':') ? `[${uri.host}]` : uri.host;
  const port = uri.port === undefined ? '' : `:${uri.port}`;
  const headers = uri.headers === undefined ? '' : `?${uri.headers}`;
  return `${uri.scheme}:${user}${host}${port}${formatParams(uri.params)}${headers}`;
}
