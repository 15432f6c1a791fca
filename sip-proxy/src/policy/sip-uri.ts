// SPDX-License-Identifier: Apache-2.0

/*
 * The little of SIP's grammar that policy reads (RFC 3261 §25.1, RFC 3966), strict, linear in the input, and never
 * throwing: every value here comes from strangers.
 */

export interface SipUri {
  scheme: 'sip' | 'sips' | 'tel';
  /** Percent-decoded, without password and without `;phone-context` and other user parameters; undefined: none. */
  user: string | undefined;
  /** Lower case, IPv6 without brackets, without trailing dot; empty for `tel`. */
  host: string;
  port: number | undefined;
}

export interface NameAddr {
  displayName: string;
  uri: SipUri;
}

/** Longer values are no honest address. */
const MAX_LENGTH = 1024;

/** A SIP, SIPS or tel URI; undefined where the text is none. */
export function parseSipUri(text: string): SipUri | undefined {
  const uri = text.trim();
  if (uri.length > MAX_LENGTH) return undefined;
  const colon = uri.indexOf(':');
  const scheme = uri.slice(0, Math.max(colon, 0)).toLowerCase();
  const rest = uri.slice(colon + 1);
  if (scheme === 'tel') {
    const user = decodeUser(rest);
    return user === undefined || user === '' ? undefined : { scheme, user, host: '', port: undefined };
  }
  return scheme === 'sip' || scheme === 'sips' ? parseSip(scheme, rest) : undefined;
}

function parseSip(scheme: 'sip' | 'sips', rest: string): SipUri | undefined {
  // `@` must be escaped everywhere else; `;` and `?` may stand in a user part (RFC 3261 §25.1 user-unreserved).
  const at = rest.indexOf('@');
  const user = at < 0 ? undefined : decodeUser(rest.slice(0, at));
  if (at >= 0 && (user === undefined || user === '')) return undefined;
  const hostPort = parseHostPort(cutAt(rest.slice(at + 1), ';?'));
  return hostPort === undefined ? undefined : { scheme, user, ...hostPort };
}

/** `user[:password][;parameters]`, decoded; undefined where the escapes are broken or hide control characters. */
function decodeUser(userInfo: string): string | undefined {
  const raw = cutAt(userInfo, ':;');
  let user = raw;
  if (raw.includes('%')) {
    try {
      user = decodeURIComponent(raw);
    } catch {
      return undefined;
    }
  }
  return hasForbidden(user) ? undefined : user;
}

/** Space, control characters, and what would end a URI. */
function hasForbidden(text: string): boolean {
  return /[\s<>"\p{Cc}]/u.test(text);
}

function parseHostPort(text: string): { host: string; port: number | undefined } | undefined {
  const v6 = text.startsWith('[');
  const hostEnd = v6 ? text.indexOf(']') : text.indexOf(':');
  const host = v6 ? text.slice(1, Math.max(hostEnd, 1)) : text.slice(0, hostEnd < 0 ? undefined : hostEnd);
  const valid = v6 ? /^[0-9a-f:.]{2,45}$/i.test(host) : /^[a-z0-9._-]{1,253}\.?$/i.test(host);
  if (!valid) return undefined;
  const portText = hostEnd < 0 ? '' : text.slice(v6 ? hostEnd + 1 : hostEnd);
  const port = parsePort(portText);
  if (port === 'invalid') return undefined;
  const lower = host.toLowerCase();
  return { host: lower.endsWith('.') ? lower.slice(0, -1) : lower, port };
}

function parsePort(text: string): number | undefined | 'invalid' {
  if (text === '') return undefined;
  if (!/^:\d{1,5}$/.test(text)) return 'invalid';
  const port = Number(text.slice(1));
  return port > 0 && port <= 65535 ? port : 'invalid';
}

/** `"Name" <sip:user@host>;tag=x`, `Name <sip:..>` or a bare URI, whose parameters are the header's (RFC 3261 §20.10). */
export function parseNameAddr(text: string): NameAddr | undefined {
  const value = text.trim();
  if (value.length > 2 * MAX_LENGTH) return undefined;
  const quoteEnd = value.startsWith('"') ? endOfQuoted(value, 0) : 0;
  if (quoteEnd < 0) return undefined;
  const open = value.indexOf('<', quoteEnd);
  if (open < 0) return quoteEnd > 0 ? undefined : withName('', parseSipUri(cutAt(value, ';')));
  const close = value.indexOf('>', open);
  if (close < 0) return undefined;
  const displayName =
    quoteEnd > 0 ? value.slice(1, quoteEnd - 1).replaceAll(/\\(.)/g, '$1') : value.slice(0, open).trim();
  return withName(displayName, parseSipUri(value.slice(open + 1, close)));
}

function withName(displayName: string, uri: SipUri | undefined): NameAddr | undefined {
  return uri === undefined ? undefined : { displayName, uri };
}

/** The values of a header that may hold several: commas outside quotes and angle brackets (RFC 3261 §7.3.1). */
export function splitHeaderValues(text: string): string[] {
  const values: string[] = [];
  let start = 0;
  let inBrackets = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"' && !inBrackets) {
      const end = endOfQuoted(text, i);
      if (end < 0) break;
      i = end - 1;
    } else if (char === '<') inBrackets = true;
    else if (char === '>') inBrackets = false;
    else if (char === ',' && !inBrackets) {
      values.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  values.push(text.slice(start).trim());
  return values.filter((value) => value !== '');
}

/** Index after the closing quote of the quoted string that opens at `from`; -1 where it never closes. */
export function endOfQuoted(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i + 1;
  }
  return -1;
}

function cutAt(text: string, stops: string): string {
  for (let i = 0; i < text.length; i++) if (stops.includes(text.charAt(i))) return text.slice(0, i);
  return text;
}

/** The host of a parsed URI is an address, not a name (a name's last label is never numeric, RFC 1123 §2.1). */
export function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}

/** Host for a URI: IPv6 literals get their brackets back. */
export function uriHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** A user part with everything escaped that RFC 3261 §25.1 does not allow there bare. */
export function escapeUser(user: string): string {
  return encodeURIComponent(user.toWellFormed()).replaceAll(/%(2B|26|3D|24|2C|3B|3F|2F)/g, (escape) =>
    decodeURIComponent(escape),
  );
}
