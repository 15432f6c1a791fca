// SPDX-License-Identifier: Apache-2.0
import { ParseError } from './parse-error.ts';

/** RFC 3261 §20.16; `sequence` is below 2^31 (§8.1.1.5). */
export interface CSeq {
  sequence: number;
  method: string;
}

/** @throws ParseError */
export function parseCSeq(value: string): CSeq {
  const match = /^(\d{1,10})\s+([A-Za-z0-9\-.!%*_+`'~]+)$/.exec(value.trim());
  const sequence = Number(match?.[1]);
  if (match === null || sequence >= 2 ** 31) {
    throw new ParseError(`CSeq ${JSON.stringify(value)} is not "<number below 2^31> <method>"`);
  }
  return { sequence, method: match[2] ?? '' };
}
