// SPDX-License-Identifier: Apache-2.0
import { decode, encode, type Bencoded } from './bencode.ts';

export type Format = 'bencode' | 'json';
export type Dictionary = Readonly<Record<string, unknown>>;

export interface NgMessage {
  cookie: string;
  format: Format;
  dictionary: Dictionary;
}

/** No cookie of any client comes near this. */
const MAX_COOKIE_BYTES = 255;

/** Reads `<cookie> <dictionary>`, bencode or JSON by its first byte; undefined where it is neither. */
export function readMessage(datagram: Buffer): NgMessage | undefined {
  const space = datagram.indexOf(0x20);
  if (space < 1 || space > MAX_COOKIE_BYTES) return undefined;
  const body = datagram.subarray(space + 1);
  const format = body[0] === 0x7b ? 'json' : 'bencode';
  try {
    const dictionary: unknown = format === 'json' ? JSON.parse(body.toString('utf8')) : decode(body);
    if (typeof dictionary !== 'object' || dictionary === null || Array.isArray(dictionary)) return undefined;
    return { cookie: datagram.toString('latin1', 0, space), format, dictionary: dictionary as Dictionary };
  } catch {
    return undefined;
  }
}

/** The reply to a message, in the message's own format. */
export function writeMessage({ cookie, format }: NgMessage, reply: Dictionary): Buffer {
  const body = format === 'json' ? JSON.stringify(reply) : encode(reply as Bencoded);
  return Buffer.concat([Buffer.from(`${cookie} `, 'latin1'), Buffer.from(body)]);
}
