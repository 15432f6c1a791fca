// SPDX-License-Identifier: Apache-2.0

/*
 * drachtio-srf writes the names it knows in lower case; the network gets them as the RFCs spell them.
 */
const KNOWN = [
  'Accept', 'Accept-Encoding', 'Accept-Language', 'Alert-Info', 'Allow', 'Allow-Events', 'Authentication-Info', 'Authorization',
  'Call-ID', 'Call-Info', 'Contact', 'Content-Disposition', 'Content-Encoding', 'Content-Language', 'Content-Length',
  'Content-Type', 'CSeq', 'Date', 'Error-Info', 'Event', 'Expires', 'From', 'Geolocation', 'History-Info', 'Identity', 'In-Reply-To',
  'Max-Forwards', 'MIME-Version', 'Min-Expires', 'Min-SE', 'Organization', 'P-Asserted-Identity', 'P-Preferred-Identity', 'Path',
  'Priority', 'Privacy', 'Proxy-Authenticate', 'Proxy-Authorization', 'Proxy-Require', 'RAck', 'Reason', 'Record-Route', 'Refer-To',
  'Referred-By', 'Remote-Party-ID', 'Replaces', 'Reply-To', 'Require', 'Retry-After', 'Route', 'RSeq', 'Server', 'Session-Expires',
  'SIP-ETag', 'SIP-If-Match', 'Subject', 'Subscription-State', 'Supported', 'Timestamp', 'To', 'Unsupported', 'User-Agent', 'Via',
  'Warning', 'WWW-Authenticate',
]; // prettier-ignore

const COMPACT: Record<string, string> = {
  a: 'Accept-Contact', b: 'Referred-By', c: 'Content-Type', d: 'Request-Disposition', e: 'Content-Encoding', f: 'From', i: 'Call-ID',
  j: 'Reject-Contact', k: 'Supported', l: 'Content-Length', m: 'Contact', o: 'Event', r: 'Refer-To', s: 'Subject', t: 'To',
  u: 'Allow-Events', v: 'Via', x: 'Session-Expires', y: 'Identity',
}; // prettier-ignore

const spelled = new Map<string, string>([
  ...KNOWN.map((name): [string, string] => [name.toLowerCase(), name]),
  ...Object.entries(COMPACT),
]);

/** The usual spelling of a header name; `foo-bar` becomes `Foo-Bar`, `X-...` stays as written. */
export function spellHeaderName(name: string): string {
  const known = spelled.get(name) ?? spelled.get(name.toLowerCase());
  if (known !== undefined) return known;
  if (/^x-/i.test(name)) return name;
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
