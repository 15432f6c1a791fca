// SPDX-License-Identifier: Apache-2.0
import type { Random } from './random.ts';

/** No input is longer: more says nothing new and takes the time of others. */
export const LONGEST = 65_536;

const BYTES = Buffer.from('\r\n\0 \t"<>;,:=\\%@?&|#/.+-[]()*0e\xff\xc3\x80\x7f', 'latin1');

const pickByte = (random: Random): number => BYTES[random.below(BYTES.length)] ?? 0;

const WORDS = [
  ...[
    '\r\n',
    '\r\n\r\n',
    '\r\n ',
    '\r\n\t',
    '\n',
    '\r',
    ': ',
    ';;',
    ',,',
    '""',
    '<>',
    '\\"',
    '%00',
    '%',
    '::1',
    '[::1]',
  ],
  ...[
    'SIP/2.0',
    'SIP/7.0',
    'INVITE ',
    'ACK ',
    'CANCEL ',
    'sip:',
    'sips:',
    'tel:',
    ';branch=z9hG4bK',
    ';tag=',
    ';rport',
  ],
  ...[
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n',
    'l: 5\r\n',
    'Content-Length: 99999999\r\n',
    'Content-Length: -1\r\n',
  ],
  ...[
    'CSeq: 4294967296 INVITE\r\n',
    'Max-Forwards: 256\r\n',
    '__proto__: x\r\n',
    'constructor: x\r\n',
    'a'.repeat(300),
  ],
  ...[
    '4294967296',
    '-1',
    '0',
    '99999999999999999999',
    '1e9',
    '65536',
    '12#',
    '5:',
    'i-1e',
    'd',
    'l',
    'e',
    '|sip|',
    '|OK|',
  ],
  ...[
    '\u0440\u0430',
    '\ufeff',
    '\u{1f600}',
    '\u2028',
    'Proxy-Authorization: Digest username="',
    'm=audio 1 RTP/AVP 0\r\n',
  ],
].map((word) => Buffer.from(word));

type Mutation = (input: Buffer, random: Random, other: Buffer) => Buffer;

const cut = (input: Buffer, random: Random): [number, number] => {
  const from = random.below(input.length + 1);
  return [from, Math.min(input.length, from + 1 + random.below(random.pick([2, 8, 64, 1000])))];
};

const insert = (input: Buffer, at: number, piece: Buffer): Buffer =>
  Buffer.concat([input.subarray(0, at), piece, input.subarray(at)]);

const MUTATIONS: readonly Mutation[] = [
  (input, random) => {
    const copy = Buffer.from(input);
    if (copy.length > 0) copy[random.below(copy.length)]! ^= 1 << random.below(8);
    return copy;
  },
  (input, random) => {
    const copy = Buffer.from(input);
    if (copy.length > 0) copy[random.below(copy.length)] = pickByte(random);
    return copy;
  },
  (input, random) => insert(input, random.below(input.length + 1), Buffer.of(pickByte(random))),
  (input, random) => insert(input, random.below(input.length + 1), random.pick(WORDS)),
  (input, random) => {
    const [from, to] = cut(input, random);
    return Buffer.concat([input.subarray(0, from), input.subarray(to)]);
  },
  (input, random) => {
    const [from, to] = cut(input, random);
    return insert(input, random.below(input.length + 1), input.subarray(from, to));
  },
  // The same piece many times: what is quadratic shows.
  (input, random) => {
    const [from, to] = cut(input, random);
    const piece = input.subarray(from, Math.min(to, from + 100));
    return insert(input, to, Buffer.concat(Array.from({ length: random.pick([2, 20, 400]) }, () => piece)));
  },
  (input, random) => input.subarray(0, random.below(input.length + 1)),
  (input, random, other) => {
    const [from, to] = cut(other, random);
    return insert(input, random.below(input.length + 1), other.subarray(from, to));
  },
  (input, random, other) =>
    Buffer.concat([
      input.subarray(0, random.below(input.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]),
];

/** One to six changes, more often few. */
export const mutate = (input: Buffer, random: Random, other: Buffer): Buffer => {
  let changed = input;
  for (let left = 1 + random.below(1 + random.below(6)); left > 0; left -= 1)
    changed = random.pick(MUTATIONS)(changed, random, other).subarray(0, LONGEST);
  return changed;
};
