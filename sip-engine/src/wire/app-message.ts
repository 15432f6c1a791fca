// SPDX-License-Identifier: Apache-2.0
import type { Header, SipMessage } from '../message/sip-message.ts';
import { spellHeaderName } from './header-names.ts';

/*
 * The SIP part of a frame from the app. It is no message off the wire: most mandatory headers are missing, Content-Length counts
 * UTF-16 units and is ignored, and the body is simply the rest of the frame.
 */

/** The app's text cannot be read; the message says which line. */
export class AppMessageError extends Error {
  override readonly name = 'AppMessageError';
}

const TOKEN = /^[\w\-.!%*+`'~]+$/;
const SEPARATOR = '\r\n\r\n';

/** @throws AppMessageError naming the line that is wrong */
export function parseAppMessage(text: Buffer): SipMessage {
  const end = text.indexOf(SEPARATOR);
  const head = text.toString('utf8', 0, end === -1 ? text.length : end);
  const body = end === -1 ? Buffer.alloc(0) : text.subarray(end + SEPARATOR.length);
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const startLine = lines[0] ?? '';
  const headers: Header[] = [];
  for (let n = 1; n < lines.length; n++) {
    const line = lines[n] ?? '';
    if (line !== '') headers.push(parseHeader(line));
  }
  return startLine.startsWith('SIP/')
    ? parseStatusLine(startLine, headers, body)
    : parseRequestLine(startLine, headers, body);
}

function parseHeader(line: string): Header {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).trimEnd();
  const value = line.slice(colon + 1).trim();
  // A lone CR or LF would end the line for a lenient peer and smuggle a header to it.
  if (!TOKEN.test(name) || value.includes('\r') || value.includes('\n')) {
    throw new AppMessageError(`malformed header line ${JSON.stringify(line.slice(0, 80))}`);
  }
  return { name: spellHeaderName(name), value };
}

function parseStatusLine(line: string, headers: Header[], body: Buffer): SipMessage {
  const parts = /^SIP\/2\.0 ([1-6]\d\d)(?: ([^\r\n]*))?$/.exec(line);
  if (parts === null) throw new AppMessageError(`malformed status line ${JSON.stringify(line.slice(0, 80))}`);
  return { kind: 'response', status: Number(parts[1]), reason: parts[2] ?? '', headers, body };
}

function parseRequestLine(line: string, headers: Header[], body: Buffer): SipMessage {
  const parts = /^([\w\-.!%*+`'~]+) ([^\s]+) SIP\/2\.0$/.exec(line);
  const [, method, uri] = parts ?? [];
  if (method === undefined || uri === undefined) {
    throw new AppMessageError(`malformed request line ${JSON.stringify(line.slice(0, 80))}`);
  }
  return { kind: 'request', method, uri, headers, body };
}
