// SPDX-License-Identifier: Apache-2.0
import { tagOf, uriOf, type PeerMessage, type Seen } from '../src/sip/index.ts';

/** Address and name of everybody on the stage. */
export type Names = ReadonlyMap<string, string>;

/** In every message, and different in each. */
const PLUMBING = ['via', 'from', 'to', 'call-id', 'cseq', 'content-length'];

/** Their values are random, or made by the peers. */
const NAME_ALONE = [
  'rseq',
  'rack',
  'www-authenticate',
  'proxy-authenticate',
  'authorization',
  'proxy-authorization',
];

/** Addresses by the name of who has them, no tags. */
export const anonymous = (text: string, names: Names): string =>
  [...names]
    .reduce((told, [place, name]) => told.replaceAll(place, name), text)
    .replaceAll(/;tag=[^;\s,>]+/g, '');

/** `200 OK INVITE {Contact=<sip:engine>}`: a message without what must differ from run to run, headers sorted. */
export const messageWords = (message: PeerMessage, names: Names): string => {
  const start = message.isResponse
    ? `${message.status} ${phrase(message)} ${message.cseq.method}`
    : `${message.method} ${anonymous(message.uri, names)}`;
  const words = [start, ...partyWords(message, names), headerWords(message, names)];
  if (message.status > 100 && tagOf(message.header('To')) === '') words.push('no-to-tag');
  if (message.body !== '') words.push(`+ ${message.body.split('\r\n', 1)[0] ?? ''}`);
  return words.filter((word) => word !== '').join(' ');
};

/** drachtio's stack has words of its own for 500, sip-engine says more about 400: both mean nothing to a peer (RFC 3261 §7.2). */
const phrase = ({ status, reason }: PeerMessage): string => {
  if (status === 500) return 'Server Internal Error';
  return status === 400 ? 'Bad Request' : reason;
};

/** Only a first INVITE names people that the other side does not know already. */
const partyWords = (message: PeerMessage, names: Names): string[] =>
  message.method === 'INVITE' && tagOf(message.header('To')) === ''
    ? ['From', 'To'].map((name) => `${name.toLowerCase()} ${anonymous(uriOf(message.header(name)), names)}`)
    : [];

const headerWords = (message: PeerMessage, names: Names): string => {
  const told = message.headers
    .filter(({ name }) => !PLUMBING.includes(name.toLowerCase()))
    .filter(({ name, value }) => !(name.toLowerCase() === 'max-forwards' && value === '70'))
    .map(({ name, value }) =>
      NAME_ALONE.includes(name.toLowerCase()) ? name : `${name}=${anonymous(value, names)}`,
    );
  if (!message.isResponse && message.header('Max-Forwards') === '') told.push('no-Max-Forwards');
  return told.length === 0 ? '' : `{${told.sort().join(' ')}}`;
};

/**
 * What came in at a peer, a line each, repeats left out. Requests carry the distance of their CSeq from the INVITE of the call:
 * `#1` is the next one.
 */
export const peerWords = (seen: readonly Seen[], names: Names): string[] => {
  const bases = new Map<string, number>();
  const known = new Set<string>();
  const lines: string[] = [];
  for (const { direction, message } of seen) {
    if (!message.isResponse && !bases.has(message.callId)) bases.set(message.callId, message.cseq.number);
    if (direction === 'out') continue;
    // An ACK is sent again in a transaction of its own (RFC 3261 §13.2.2.4).
    const branch = message.method === 'ACK' ? '' : message.branch;
    const key = [message.startLine, message.header('CSeq'), message.callId, branch].join('\n');
    if (known.has(key)) continue;
    known.add(key);
    const distance = message.cseq.number - (bases.get(message.callId) ?? 0);
    lines.push(`${message.isResponse ? '' : `#${distance} `}${messageWords(message, names)}`);
  }
  return lines;
};
