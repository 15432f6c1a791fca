// SPDX-License-Identifier: Apache-2.0
import type { SipMessage } from './sip-message.ts';

/** Bytes for the wire. Content-Length is always that of the body: corrected where the header stands, else added last. */
export function serialiseMessage(message: SipMessage): Buffer {
  const { body } = message;
  let text =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
  let counted = false;
  for (const { name, value } of message.headers) {
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (!counted) text += `${name}: ${body.length}\r\n`;
      counted = true;
    } else {
      text += `${name}: ${value}\r\n`;
    }
  }
  text += counted ? '\r\n' : `Content-Length: ${body.length}\r\n\r\n`;
  const headLength = Buffer.byteLength(text);
  // Not from Buffer's pool: a response is kept for repeats (RFC 3261 §17.2), and would keep the 64 KiB around it.
  const bytes = Buffer.allocUnsafeSlow(headLength + body.length);
  bytes.write(text);
  body.copy(bytes, headLength);
  return bytes;
}
