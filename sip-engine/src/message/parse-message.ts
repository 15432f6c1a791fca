// SPDX-License-Identifier: Apache-2.0
import { isToken, readHeaderName } from './header-names.ts';
import { ParseError } from './parse-error.ts';
import type { Header, SipMessage } from './sip-message.ts';

const emptyLine = Buffer.from('\r\n\r\n');
const noBody = Buffer.alloc(0);
const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;

interface Head {
  headers: Header[];
  /** The first thing that is wrong; reading goes on so that the message can still be answered. */
  problem: string | undefined;
}

/**
 * Reads one whole message: a datagram, or what the stream splitter cut out. Without Content-Length the body is the
 * rest; bytes beyond Content-Length are dropped (RFC 3261 §18.3).
 * @throws ParseError with a readable reason, and for requests with what could be read
 */
export function parseMessage(bytes: Buffer): SipMessage {
  let start = 0;
  while (bytes[start] === CR || bytes[start] === LF) start += 1;
  const end = bytes.indexOf(emptyLine, start);
  if (end < 0) return failOpenHead(bytes, start);
  const text = bytes.toString('utf8', start, end);
  const message = readHead(text);
  message.body = cutBody(message, bytes, end + emptyLine.length);
  return message;
}

/** The message without its body.  @throws ParseError as parseMessage */
export function readHead(text: string): SipMessage {
  const firstEnd = text.indexOf('\r\n');
  const startLine = firstEnd < 0 ? text : text.slice(0, firstEnd);
  const head: Head = { headers: [], problem: undefined };
  if (firstEnd >= 0) readHeaders(text, firstEnd + 2, head);
  if (startLine.startsWith('SIP/')) return readResponse(startLine, head);
  return readRequest(startLine, head);
}

function failOpenHead(bytes: Buffer, start: number): never {
  const reason = 'the header block does not end with an empty line';
  const text = bytes.toString('utf8', start, Math.min(bytes.length, start + 65_536));
  // What came of the last line is not to be trusted.
  const message = readHead(text.slice(0, Math.max(0, text.lastIndexOf('\r\n'))));
  throw new ParseError(reason, message.kind === 'request' ? { request: message } : {});
}

function readHeaders(text: string, from: number, head: Head): void {
  let at = from;
  while (at < text.length) {
    let end = text.indexOf('\r\n', at);
    let folded = false;
    while (end >= 0 && isBlank(text.charCodeAt(end + 2))) {
      folded = true;
      end = text.indexOf('\r\n', end + 2);
    }
    if (end < 0) end = text.length;
    // Folding counts as one space (RFC 3261 §7.3.1).
    const line = text.slice(at, end);
    readHeader(folded ? line.replace(/\r\n[ \t]+/g, ' ') : line, head);
    at = end + 2;
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

function readHeader(line: string, head: Head): void {
  const colon = line.indexOf(':');
  const name = colon < 0 ? undefined : readHeaderName(line.slice(0, colon).trimEnd());
  if (name === undefined) {
    head.problem ??= `header line ${quoteName(line)} has no valid name`;
    return;
  }
  const value = line.slice(colon + 1).trim();
  // A lone CR or LF would let a value break out of its line when it is written again.
  if (value.includes('\n') || value.includes('\r')) {
    head.problem ??= `header ${name} holds a lone CR or LF`;
    return;
  }
  head.headers.push({ name, value });
}

function readResponse(line: string, head: Head): SipMessage {
  const match = /^SIP\/2\.0 ([1-6]\d\d)(?: ([^\r\n]*))?$/i.exec(line);
  if (match === null) throw new ParseError(`status line ${quote(line)} is not "SIP/2.0 <100-699> <reason>"`);
  if (head.problem !== undefined) throw new ParseError(head.problem);
  return {
    kind: 'response',
    status: Number(match[1]),
    reason: match[2] ?? '',
    headers: head.headers,
    body: noBody,
  };
}

function readRequest(line: string, head: Head): SipMessage {
  const methodEnd = line.indexOf(' ');
  const method = line.slice(0, Math.max(0, methodEnd));
  if (!isToken(method) || !/\bSIP\/\d+\.\d+\s*$/i.test(line)) {
    throw new ParseError(`${quoteName(line)} is not the first line of a SIP message`);
  }
  const uriEnd = line.trimEnd().lastIndexOf(' ');
  const uri = line.slice(methodEnd + 1, Math.max(methodEnd + 1, uriEnd));
  const request = { kind: 'request' as const, method, uri, headers: head.headers, body: noBody };
  const version = line.slice(uriEnd + 1);
  if (/^SIP\/\d+\.\d+$/i.test(version) && version.toUpperCase() !== 'SIP/2.0') {
    throw new ParseError(`SIP version ${quote(version)} is not SIP/2.0`, { status: 505, request });
  }
  const problem = findStartLineProblem(line, uri) ?? head.problem;
  if (problem !== undefined) throw new ParseError(problem, { request });
  return request;
}

function findStartLineProblem(line: string, uri: string): string | undefined {
  if (line.endsWith(' ')) return 'the request line ends with a space';
  if (uri === '' || /[\s<>"]/.test(uri)) return `Request-URI ${quote(uri)} is not a URI`;
  return undefined;
}

function cutBody(message: SipMessage, bytes: Buffer, from: number): Buffer {
  const rest = bytes.length - from;
  const announced = readContentLength(message) ?? rest;
  if (announced > rest) {
    const reason = `Content-Length is ${announced}, but only ${rest} bytes of body came`;
    throw new ParseError(reason, message.kind === 'request' ? { request: message } : {});
  }
  return announced === 0 ? noBody : bytes.subarray(from, from + announced);
}

/** Bytes of body announced; undefined without the header.  @throws ParseError when it is no number or contradicts itself */
export function readContentLength(message: SipMessage): number | undefined {
  let found: string | undefined;
  for (const header of message.headers) {
    if (header.name.length !== 14 || header.name.toLowerCase() !== 'content-length') continue;
    const bad = !/^\d{1,9}$/.test(header.value) || (found !== undefined && found !== header.value);
    if (bad) {
      const reason = `Content-Length ${quote(header.value)} is not one number of bytes`;
      throw new ParseError(reason, message.kind === 'request' ? { request: message } : {});
    }
    found = header.value;
  }
  return found === undefined ? undefined : Number(found);
}

/** What a line begins with, for logs: a line where none should be may hold anything, a digest's response too. */
function quoteName(line: string): string {
  const end = line.search(/[:=]/);
  return quote(end < 0 ? line.slice(0, 30) : line.slice(0, Math.min(end, 30)));
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}
