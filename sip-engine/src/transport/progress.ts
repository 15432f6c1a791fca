// SPDX-License-Identifier: Apache-2.0

const [ONE, TWO] = [0x31, 0x32];
/** Of `SIP/2.0 180 Ringing`. */
const STATUS_AT = 8;

/** Is this our 101-299 to an INVITE? Then a call gets on, which a scanner's does not. */
export function showsProgress(response: Buffer): boolean {
  const first = response[STATUS_AT];
  if (first !== ONE && first !== TWO) return false;
  const text = response.toString('latin1');
  // A 200 to a CANCEL or to OPTIONS proves nothing. No value can hold a line end, so this is the CSeq line.
  return !text.startsWith('100', STATUS_AT) && /\r\ncseq *: *\d+ +invite\r\n/i.test(text);
}
