// SPDX-License-Identifier: Apache-2.0
import { readContentLength, readHead } from './parse-message.ts';
import { ParseError } from './parse-error.ts';
import type { SipMessage } from './sip-message.ts';

/** In bytes. */
export interface MessageLimits {
  header: number;
  body: number;
}

export const defaultLimits: MessageLimits = { header: 65_536, body: 65_536 };

export type StreamItem = { kind: 'message'; bytes: Buffer } | { kind: 'ping' };

const emptyLine = Buffer.from('\r\n\r\n');
const CR = 13;
const LF = 10;

/**
 * Cuts a byte stream into messages by Content-Length (RFC 3261 §18.3; missing means 0 here) and sees the double CRLF of
 * a keep-alive (RFC 5626 §3.5.1) between them.
 */
export class StreamSplitter {
  readonly #limits: MessageLimits;
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** No end of headers before this index: a slow sender does not make us look at the same bytes again. */
  #scanned = 0;
  /** Whole length of the message at `#start`, once its headers are there. */
  #needed: number | undefined;

  constructor(limits: MessageLimits = defaultLimits) {
    this.#limits = limits;
  }

  /** Bytes that wait for the rest of their message. */
  get pending(): number {
    return this.#end - this.#start;
  }

  /** A message has begun; line ends before one do not count. */
  get inMessage(): boolean {
    const first = this.#buffer[this.#start];
    return this.pending > 0 && first !== CR && first !== LF;
  }

  /** @throws ParseError when the stream cannot be followed any further: close the connection */
  push(chunk: Buffer, take: (item: StreamItem) => void): void {
    this.#append(chunk);
    for (;;) {
      if (this.#needed === undefined && !this.#skipBlank(take)) return;
      this.#needed ??= this.#measure();
      if (this.#needed === undefined || this.pending < this.#needed) return;
      // A copy: the buffer is written over by what comes next.
      const bytes = Buffer.from(this.#buffer.subarray(this.#start, this.#start + this.#needed));
      this.#start += this.#needed;
      this.#scanned = this.#start;
      this.#needed = undefined;
      take({ kind: 'message', bytes });
    }
  }

  #append(chunk: Buffer): void {
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  #makeRoom(extra: number): void {
    const { pending } = this;
    // Doubling keeps the copying linear, whatever the size of the pieces.
    const size = Math.max(4096, (pending + extra) * 2);
    const room = size > this.#buffer.length || this.pending > 0 ? Buffer.allocUnsafeSlow(size) : this.#buffer;
    this.#buffer.copy(room, 0, this.#start, this.#end);
    this.#buffer = room;
    this.#scanned = Math.max(0, this.#scanned - this.#start);
    this.#start = 0;
    this.#end = pending;
  }

  /** Skips line ends before a message; false when more bytes are needed to go on. */
  #skipBlank(take: (item: StreamItem) => void): boolean {
    while (this.pending > 0) {
      const first = this.#buffer[this.#start];
      if (first !== CR && first !== LF) return true;
      if (this.pending < 4 && isStartOfPing(this.#buffer.subarray(this.#start, this.#end))) return false;
      if (this.#buffer.subarray(this.#start, this.#start + 4).equals(emptyLine)) {
        this.#start += 4;
        take({ kind: 'ping' });
      } else {
        this.#start += 1;
      }
      this.#scanned = this.#start;
    }
    return false;
  }

  #measure(): number | undefined {
    const end = this.#buffer.subarray(0, this.#end).indexOf(emptyLine, this.#scanned);
    const header = (end < 0 ? this.#end : end) - this.#start;
    if (header > this.#limits.header) throw this.#headerTooLong();
    if (end < 0) {
      this.#scanned = Math.max(this.#start, this.#end - 3);
      return undefined;
    }
    const message = readLenient(this.#buffer.toString('utf8', this.#start, end));
    const body = readContentLength(message) ?? 0;
    if (body > this.#limits.body) {
      const reason = `a body of ${body} bytes is longer than ${this.#limits.body} bytes`;
      throw new ParseError(reason, message.kind === 'request' ? { status: 413, request: message } : {});
    }
    return header + emptyLine.length + body;
  }

  /** RFC 3261 §21.5.7. The headers that answers need mostly stand first. */
  #headerTooLong(): ParseError {
    const { header } = this.#limits;
    const begun = readBeginning(this.#buffer.toString('utf8', this.#start, this.#start + header));
    return new ParseError(`a header block is longer than ${header} bytes`, {
      status: 513,
      ...(begun?.kind === 'request' && { request: begun }),
    });
  }
}

/** What came whole of a header block that goes on and on. */
function readBeginning(head: string): SipMessage | undefined {
  try {
    return readLenient(head.slice(0, Math.max(0, head.lastIndexOf('\r\n'))));
  } catch {
    return undefined;
  }
}

/** A request with one bad header is cut out all the same, so that it can be answered. */
function readLenient(head: string): SipMessage {
  try {
    return readHead(head);
  } catch (error) {
    if (error instanceof ParseError && error.request !== undefined) return error.request;
    throw error;
  }
}

function isStartOfPing(bytes: Buffer): boolean {
  return emptyLine.subarray(0, bytes.length).equals(bytes);
}
