// SPDX-License-Identifier: Apache-2.0

/** What our parser makes of it: read, refused with this status, or nothing that could be answered. */
export type ParserVerdict = 'read' | 400 | 413 | 505 | 'no message';

/** What the sender sees at the edge: a final status, nothing, or the end of its connection without an answer. */
export type EdgeAnswer = number | 'silence' | 'closed';

/** One message of RFC 4475, under the RFC's own name. Where the RFC gives one branch to two messages, the second has its own. */
export interface TortureMessage {
  name: string;
  /** Of RFC 4475. */
  section: string;
  /** What is odd about it. */
  about: string;
  /** What RFC 4475 asks of an element that gets it. */
  asks: string;
  bytes: Buffer;
  parser: ParserVerdict;
  /** From a stranger, by transport. `tcp` is left out where it is as over UDP. */
  udp: EdgeAnswer;
  tcp?: EdgeAnswer;
  /** Why that differs from what is asked, or what stands behind it. */
  note?: string;
}

/** Lines, an empty one, the body. */
export function message(lines: readonly string[], body: string | Buffer = ''): Buffer {
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body)]);
}

/** The offer that most of its INVITEs carry: 150 bytes. */
export const offer = [
  'v=0',
  'o=mhandley 29739 7272939 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 49217 RTP/AVP 0 12',
  'm=video 3227 RTP/AVP 31',
  'a=rtpmap:31 LPC',
  '',
].join('\r\n');

/** `word` so many times. */
export function long(word: string, times: number): string {
  return word.repeat(times);
}

export const UNKNOWN_DOMAIN = 'read, and refused by policy: nobody here has that domain';
export const NO_REGISTER = 'trunks take no REGISTER; its other headers are not looked at';
