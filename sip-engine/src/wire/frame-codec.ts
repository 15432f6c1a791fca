// SPDX-License-Identifier: Apache-2.0
import type { SipMessage } from '../message/sip-message.ts';

/*
 * drachtio's framing: `<len>#<payload>`, decimal ASCII length in bytes, nothing between frames. A payload is a line of
 * tokens split by `|`, and where a SIP message follows, CRLF and the message.
 */

const HASH = 0x23;
const ZERO = 0x30;
const NINE = 0x39;

/** Longest length field drachtio-server accepts; a sixth digit closes the connection. */
const LENGTH_DIGITS = 5;

/** The byte stream is no frame stream (any more): the connection has to be closed. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Cuts a byte stream into payloads, however it arrives in pieces. */
export class FrameDecoder {
  /** What has come of a payload that is not complete: put together once, when it is. */
  private pieces: Buffer[] = [];
  private held = 0;
  /** Bytes to hold before there is anything to do; 0 while the length is not known. */
  private needed = 0;

  /**
   * @returns the payloads that are complete now, in order
   * @throws FrameError when a length field is empty, zero, not decimal or longer than five digits
   */
  push(chunk: Buffer): Buffer[] {
    this.pieces.push(chunk);
    this.held += chunk.length;
    if (this.held < this.needed) return [];
    const data = this.pieces.length === 1 ? chunk : Buffer.concat(this.pieces);
    const payloads: Buffer[] = [];
    let at = 0;
    for (;;) {
      const field = readLength(data, at);
      const end = field === undefined ? undefined : field.start + field.length;
      this.needed = end === undefined ? 0 : end - at;
      if (field === undefined || end === undefined || end > data.length) break;
      at = end;
      payloads.push(data.subarray(field.start, at));
    }
    this.held = data.length - at;
    this.pieces = this.held === 0 ? [] : [data.subarray(at)];
    return payloads;
  }
}

function readLength(data: Buffer, from: number): { start: number; length: number } | undefined {
  let length = 0;
  for (let at = from; at < data.length; at++) {
    const byte = data[at] ?? 0;
    if (byte === HASH && at > from && length > 0) return { start: at + 1, length };
    if (byte < ZERO || byte > NINE || at - from >= LENGTH_DIGITS) {
      const seen = JSON.stringify(data.toString('latin1', from, Math.min(data.length, from + 12)));
      throw new FrameError(
        `length field starting ${seen} is not 1 to ${LENGTH_DIGITS} digits followed by "#"; send <bytes>#<payload>`,
      );
    }
    length = length * 10 + byte - ZERO;
  }
  return undefined;
}

/** The start line and headers as text, with the empty line that ends them. */
export function messageHead(message: SipMessage): string {
  let head =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${readableReason(message.reason)}\r\n`;
  for (const { name, value } of message.headers) head += `${name}: ${value}\r\n`;
  return head + '\r\n';
}

/** srf cannot read a response whose reason holds one of Unicode's line ends: the call would never learn of it. */
function readableReason(reason: string): string {
  return reason.replace(/[\n\r\u2028\u2029]/g, '?');
}

/** A frame of tokens alone. */
export function encodeFrame(leader: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(leader)}#${leader}`);
}

/** A frame that carries a message; `leader` gets the size of the message in bytes. */
export function encodeSipFrame(message: SipMessage, leader: (size: number) => string): Buffer {
  const head = messageHead(message);
  const headLength = Buffer.byteLength(head);
  const tokens = leader(headLength + message.body.length) + '\r\n';
  const tokensLength = Buffer.byteLength(tokens);
  const size = tokensLength + headLength + message.body.length;
  const prefix = `${size}#`;
  const frame = Buffer.allocUnsafe(prefix.length + size);
  frame.write(prefix, 0, 'latin1');
  frame.write(tokens, prefix.length);
  frame.write(head, prefix.length + tokensLength);
  message.body.copy(frame, prefix.length + tokensLength + headLength);
  return frame;
}
