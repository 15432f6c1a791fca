// SPDX-License-Identifier: Apache-2.0

/** A header value; a list makes the header appear several times; null leaves a default header out. */
export type HeaderChanges = Record<string, string | string[] | null>;

const COMPACT: Record<string, string> = {
  i: 'call-id',
  m: 'contact',
  e: 'content-encoding',
  l: 'content-length',
  c: 'content-type',
  f: 'from',
  s: 'subject',
  k: 'supported',
  t: 'to',
  v: 'via',
};

const longName = (name: string): string => COMPACT[name.toLowerCase()] ?? name.toLowerCase();

/** A SIP message, read and written by the peer's own few lines: what is under test must not also be the witness. */
export class PeerMessage {
  startLine: string;
  headers: { name: string; value: string }[];
  body: string;

  constructor(startLine: string, headers: { name: string; value: string }[] = [], body = '') {
    this.startLine = startLine;
    this.headers = headers;
    this.body = body;
  }

  /** `INVITE`; empty for a response. */
  get method(): string {
    return this.isResponse ? '' : (this.startLine.split(' ', 1)[0] ?? '');
  }

  /** Request-URI; empty for a response. */
  get uri(): string {
    return this.isResponse ? '' : (this.startLine.split(' ')[1] ?? '');
  }

  /** Status code; 0 for a request. */
  get status(): number {
    return this.isResponse ? Number(this.startLine.slice(8, 11)) : 0;
  }

  get reason(): string {
    return this.isResponse ? this.startLine.slice(12) : '';
  }

  get isResponse(): boolean {
    return this.startLine.startsWith('SIP/2.0 ');
  }

  /** First value of a header, by long name; empty where it is not there. */
  header(name: string): string {
    return this.all(name)[0] ?? '';
  }

  all(name: string): string[] {
    return this.headers
      .filter((header) => longName(header.name) === longName(name))
      .map(({ value }) => value);
  }

  set(name: string, value: string | string[] | null): void {
    const values = value === null ? [] : [value].flat();
    const first = this.headers.findIndex((header) => longName(header.name) === longName(name));
    this.headers = this.headers.filter((header) => longName(header.name) !== longName(name));
    this.headers.splice(
      first < 0 ? this.headers.length : first,
      0,
      ...values.map((one) => ({ name, value: one })),
    );
  }

  apply(changes: HeaderChanges = {}): this {
    for (const [name, value] of Object.entries(changes)) this.set(name, value);
    return this;
  }

  get branch(): string {
    return /;branch=([^;,\s]+)/.exec(this.header('Via'))?.[1] ?? '';
  }

  get callId(): string {
    return this.header('Call-ID');
  }

  /** Number and method of CSeq. */
  get cseq(): { number: number; method: string } {
    const [number, method] = this.header('CSeq').split(/\s+/);
    return { number: Number(number), method: method ?? '' };
  }

  /** `cause` of the Reason header of our own protocol, `Trunkline;cause=...`. */
  get trunklineCause(): string | undefined {
    return this.all('Reason').map((value) => /^Trunkline\s*;.*?cause=([\w-]+)/.exec(value)?.[1])[0];
  }

  toString(): string {
    const headers = this.headers.filter((header) => longName(header.name) !== 'content-length');
    const lines = headers.map(({ name, value }) => `${name}: ${value}\r\n`).join('');
    return `${this.startLine}\r\n${lines}Content-Length: ${Buffer.byteLength(this.body)}\r\n\r\n${this.body}`;
  }
}

export const parseMessage = (text: string): PeerMessage => {
  const end = text.indexOf('\r\n\r\n');
  const [startLine = '', ...lines] = (end < 0 ? text : text.slice(0, end))
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
  return new PeerMessage(startLine, headers, end < 0 ? '' : text.slice(end + 4));
};

/** `tag` of a From or To value; empty where there is none. */
export const tagOf = (value: string): string => /;\s*tag=([^;\s]+)/i.exec(value)?.[1] ?? '';

/** The URI inside a From, To or Contact value. */
export const uriOf = (value: string): string => /<([^>]*)>/.exec(value)?.[1] ?? value.split(';', 1)[0] ?? '';
