// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ParseError } from './parse-error.ts';
import { StreamSplitter, type StreamItem } from './stream-splitter.ts';

function message(body: string, name = 'Content-Length'): string {
  return `OPTIONS sip:a@b SIP/2.0\r\nX-A: 1\r\n${name}: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function feed(chunks: Buffer[], splitter = new StreamSplitter()): string[] {
  const out: string[] = [];
  for (const chunk of chunks) {
    splitter.push(chunk, (item: StreamItem) => {
      out.push(item.kind === 'ping' ? 'ping' : item.bytes.toString());
    });
  }
  return out;
}

describe('the stream splitter', () => {
  const parts = [message('v=0'), message(''), message('größe', 'l'), message('\r\n\r\nSIP/2.0')];

  it('cuts the same messages however the bytes come', () => {
    const stream = Buffer.from(`${parts[0]!}\r\n${parts[1]!}\r\n\r\n${parts[2]!}${parts[3]!}\r\n\r\n`);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sizes) => {
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const size = sizes[turn % sizes.length]!;
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        const splitter = new StreamSplitter();
        expect(feed(chunks, splitter)).toEqual([parts[0], parts[1], 'ping', parts[2], parts[3], 'ping']);
        expect(splitter.pending).toBe(0);
      }),
    );
  });

  it('takes a missing Content-Length for 0', () => {
    expect(feed([Buffer.from(`OPTIONS sip:a@b SIP/2.0\r\nX: 1\r\n\r\n${parts[0]!}`)])).toHaveLength(2);
  });

  it('hands out bytes that later ones do not touch', () => {
    const splitter = new StreamSplitter();
    const kept: Buffer[] = [];
    for (const part of parts) {
      splitter.push(Buffer.from(part), (item) => {
        if (item.kind === 'message') kept.push(item.bytes);
      });
    }
    expect(kept.map(String)).toEqual(parts);
  });

  it('cuts out a request with one bad header, so that it can be answered', () => {
    const bad = 'OPTIONS sip:a@b SIP/2.0\r\nnonsense\r\nContent-Length: 1\r\n\r\nx';
    expect(feed([Buffer.from(bad + parts[0]!)])).toEqual([bad, parts[0]]);
  });

  it.each([
    ['a header block without end', `OPTIONS sip:a@b SIP/2.0\r\nX: ${'a'.repeat(300)}`, 513],
    ['a header block too long', `OPTIONS sip:a@b SIP/2.0\r\nX: ${'a'.repeat(300)}\r\n\r\n`, 513],
    ['a body too long', message('x'.repeat(101)), 413],
    ['a Content-Length of no number', 'OPTIONS sip:a@b SIP/2.0\r\nContent-Length: x\r\n\r\n', 400],
    ['what is no SIP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ])('gives up on %s', (_what, text, status) => {
    let caught: unknown;
    try {
      feed([Buffer.from(text)], new StreamSplitter({ header: 200, body: 100 }));
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ParseError);
    expect((caught as ParseError).status).toBe(status);
  });

  it('takes what is exactly as long as allowed', () => {
    expect(
      feed([Buffer.from(message('x'.repeat(100)))], new StreamSplitter({ header: 200, body: 100 })),
    ).toHaveLength(1);
  });
});
