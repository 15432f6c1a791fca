// SPDX-License-Identifier: Apache-2.0

/** RFC 3261 §7.3.3 and the registry of compact forms: r (3515), b (3892), o and u (6665), x (4028), d (3841), a, j (3841). */
const compact: Record<string, string> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

const usual = [
  ...['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Contact', 'Max-Forwards', 'Content-Length', 'Content-Type'],
  ...['Route', 'Record-Route', 'User-Agent', 'Server', 'Allow', 'Supported', 'Require', 'Accept', 'Reason'],
  ...['Authorization', 'Proxy-Authorization', 'WWW-Authenticate', 'Proxy-Authenticate', 'Session-Expires'],
  ...['P-Asserted-Identity', 'Remote-Party-ID', 'Diversion', 'Subject', 'Date', 'Expires', 'Min-SE', 'Event'],
];

/** Spellings that need no check, to their long form: a lookup instead of a pattern match for nearly every header. */
const known = new Map<string, string>([
  ...usual.map((name) => [name, name] as const),
  ...Object.entries(compact).flatMap(([short, long]) => [
    [short, long] as const,
    [short.toUpperCase(), long] as const,
  ]),
]);

const token = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/** The name as the engine keeps it: compact forms long, anything else as received; undefined for what is no token. */
export function readHeaderName(raw: string): string | undefined {
  const name = known.get(raw);
  if (name !== undefined) return name;
  return token.test(raw) ? raw : undefined;
}

/** RFC 3261 §25.1 `token`, as of a method. */
export function isToken(text: string): boolean {
  return token.test(text);
}
