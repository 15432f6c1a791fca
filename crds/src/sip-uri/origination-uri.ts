// SPDX-License-Identifier: Apache-2.0
import ipaddr from 'ipaddr.js';
import type { Transport } from '../edge-config.ts';
import { parseHeaders, type UriHeader } from './uri-headers.ts';
import { UriRefusal } from './uri-refusal.ts';

/** An origination URI taken apart: everything that is needed to send a call there. */
export interface OriginationUriParts {
  /** Percent-decoded; absent: the dialled number is filled in. */
  user?: string;
  /** Host name (lower case), IPv4 literal, or IPv6 literal without brackets. */
  host: string;
  /** Absent: RFC 3263, else 5060 or, with TLS, 5061. */
  port?: number;
  /** `udp` where the URI names none; `tls` for every `sips:` URI, whatever its parameter says. */
  transport: Transport;
  /** The URI was written `sips:`. */
  sips: boolean;
  /** Decoded, in the order written; names begin with `X-`. */
  headers: UriHeader[];
  /** Edge that the call leaves from. */
  edge?: string;
  /** Legacy name of that edge; `edge` goes first where both are given. */
  region?: string;
}

/** Why a URI is refused, and what to write instead. */
export interface UriError {
  message: string;
  remedy: string;
}

export type OriginationUriResult = { ok: true; uri: OriginationUriParts } | { ok: false; error: UriError };

const EXAMPLE = 'Write sip:host or sip:user@host:port;transport=tcp;edge=NAME?X-name=value';
const HOST_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i;
/** RFC 3261 §25.1 `user`: unreserved, escaped, user-unreserved. `?` and `;` must be escaped, or they would begin the rest. */
const USER = /^(?:[\w\-.!~*'()&=+$,/]|%[0-9a-f]{2})+$/i;

/**
 * Reads the URI of an OriginationUri resource (RFC 3261 §19.1, restricted): `sip:` or `sips:`, optional user, host,
 * port, the parameters `transport`, `edge` and `region`, and `X-` headers. Never throws.
 */
export function parseOriginationUri(text: string): OriginationUriResult {
  try {
    return { ok: true, uri: parse(text) };
  } catch (error) {
    if (!(error instanceof UriRefusal)) throw error;
    return { ok: false, error: { message: error.message, remedy: error.remedy } };
  }
}

function parse(text: string): OriginationUriParts {
  const { scheme, user, hostPort, parameters, headers } = split(text);
  const sips = scheme.toLowerCase() === 'sips';
  const { transport, ...place } = parseParameters(parameters);
  return {
    ...(user !== undefined && { user: parseUser(user) }),
    ...parseHostPort(hostPort),
    transport: sips ? 'tls' : transport,
    sips,
    headers: headers === undefined ? [] : parseHeaders(headers),
    ...place,
  };
}

/** Cuts at the delimiters, nothing decoded yet: a header's value may hold `@` and `;`. */
function split(text: string) {
  const match = /^(sips?):([^?]*)(?:\?(.*))?$/is.exec(text);
  if (match === null) throw new UriRefusal('does not begin with sip: or sips:', EXAMPLE);
  const [, scheme = '', address = '', headers] = match;
  if (/[\s<>"]/.test(text)) throw new UriRefusal('has a space, a quote or an angle bracket', EXAMPLE);
  const at = address.indexOf('@');
  const [hostPort = '', ...parameters] = address.slice(at + 1).split(';');
  return { scheme, user: at < 0 ? undefined : address.slice(0, at), hostPort, parameters, headers };
}

function parseUser(text: string): string {
  if (text.includes(':')) {
    throw new UriRefusal('has a password', 'Remove it: calls to a PBX are not authenticated by the URI');
  }
  if (!USER.test(text)) {
    throw new UriRefusal(
      'has a user part that SIP does not allow',
      'Escape special characters as %XX, or leave the user out',
    );
  }
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UriRefusal('has a user part that is not UTF-8 when decoded', 'Correct the %XX escapes');
  }
}

function parseHostPort(text: string): { host: string; port?: number } {
  if (/^[^[]*:.*:/.test(text)) {
    throw new UriRefusal(
      'has an IPv6 address without brackets',
      'Write it in brackets: sip:[2001:db8::7]:5060',
    );
  }
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text);
  const [, bracketed, plain, portText] = match ?? [];
  if (match === null)
    throw new UriRefusal(
      'has no readable host',
      'Write host:port; an IPv6 address stands in brackets, [2001:db8::7]:5060',
    );
  const host = bracketed === undefined ? parseHost(plain ?? '') : parseIpv6(bracketed);
  return portText === undefined ? { host } : { host, port: parsePort(portText) };
}

function parseIpv6(text: string): string {
  if (ipaddr.IPv6.isValid(text) && !text.includes('%')) return text.toLowerCase();
  throw new UriRefusal(`has [${text}], which is not an IPv6 address`, EXAMPLE);
}

function parseHost(text: string): string {
  if (text === '') throw new UriRefusal('has no host', EXAMPLE);
  if (/^[\d.]+$/.test(text) ? ipaddr.IPv4.isValidFourPartDecimal(text) : HOST_NAME.test(text))
    return text.toLowerCase();
  throw new UriRefusal(`has the host ${text}, which is neither a host name nor an IP address`, EXAMPLE);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^[1-9]\d{0,4}$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new UriRefusal(`has the port ${text}`, 'Write a port from 1 to 65535, or leave it out');
}

type Place = Pick<OriginationUriParts, 'transport' | 'edge' | 'region'>;

function parseParameters(parameters: string[]): Place {
  const found = new Map<string, string>();
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.toLowerCase().split('=', 2);
    if (!['transport', 'edge', 'region'].includes(name)) {
      throw new UriRefusal(
        `has the parameter "${name}"`,
        'Only transport, edge and region are understood: remove it',
      );
    }
    if (found.has(name)) throw new UriRefusal(`has the parameter ${name} twice`, 'Keep one');
    found.set(name, value);
  }
  const edge = parsePlace('edge', found);
  const region = parsePlace('region', found);
  return {
    transport: parseTransport(found.get('transport')),
    ...(edge !== undefined && { edge }),
    ...(region !== undefined && { region }),
  };
}

function parseTransport(value: string | undefined): Transport {
  if (value === undefined) return 'udp';
  if (value === 'udp' || value === 'tcp' || value === 'tls') return value;
  throw new UriRefusal(`has the transport "${value}"`, 'Write transport=udp, transport=tcp or transport=tls');
}

function parsePlace(name: string, found: Map<string, string>): string | undefined {
  const value = found.get(name);
  if (value === undefined || /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(value)) return value;
  throw new UriRefusal(
    `has the ${name} "${value}"`,
    `Write ${name}= and the name of an Edge, or leave it out`,
  );
}
