// SPDX-License-Identifier: Apache-2.0
import { ParseError, StreamSplitter } from '../../../sip-engine/src/message/index.ts';
import type { Target } from '../target.ts';
import { same } from '../target.ts';
import { sipSeeds } from './sip-message.ts';

const LIMITS = { header: 4_000, body: 4_000 };

/** A byte stream gives the same messages, and breaks in the same way, however it is cut into pieces. */
export const sipStream: Target = {
  name: 'sip-stream',
  seeds: [...sipSeeds.filter((seed) => seed.length < 3_000), ...pairs(sipSeeds)],
  run(input) {
    const whole = split([input]);
    const first = input[0] ?? 1;
    const pieces = [];
    for (let at = 0, size = 1; at < input.length; at += size, size = 1 + ((size * 7 + first) % 97))
      pieces.push(input.subarray(at, at + size));
    const cut = split(pieces);
    same('what came in pieces', cut.found, whole.found);
    return whole.messages > 0;
  },
};

function pairs(seeds: readonly Buffer[]): Buffer[] {
  return seeds
    .slice(0, 10)
    .map((seed, n) => Buffer.concat([seed, Buffer.from('\r\n\r\n'), seeds[n + 10] ?? seed]));
}

const split = (pieces: readonly Buffer[]): { found: string; messages: number } => {
  const splitter = new StreamSplitter(LIMITS);
  const result = { found: '', messages: 0 };
  try {
    for (const piece of pieces) {
      splitter.push(piece, (item) => {
        result.found += item.kind === 'ping' ? '[ping]' : `[${item.bytes.toString('latin1')}]`;
        result.messages += 1;
      });
    }
    if (splitter.pending > LIMITS.header + LIMITS.body + 8 + 65_536)
      throw new Error(`${splitter.pending} bytes are held`);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    result.found += '[broken]';
  }
  return result;
};
