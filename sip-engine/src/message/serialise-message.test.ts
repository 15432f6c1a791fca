// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { serialiseMessage } from './serialise-message.ts';
import type { SipResponse } from './sip-message.ts';

const response = (headers: [string, string][], body = ''): SipResponse => ({
  kind: 'response',
  status: 200,
  reason: 'OK',
  headers: headers.map(([name, value]) => ({ name, value })),
  body: Buffer.from(body),
});

describe('a message on the wire', () => {
  it('has its headers in their order, then its body', () => {
    const text = serialiseMessage(
      response(
        [
          ['CSeq', '1 INVITE'],
          ['Call-ID', 'a'],
        ],
        'v=0\r\n',
      ),
    ).toString();
    expect(text).toBe('SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\nCall-ID: a\r\nContent-Length: 5\r\n\r\nv=0\r\n');
  });

  it('counts bytes, in headers as in the body', () => {
    const bytes = serialiseMessage(response([['From', '"Zoë" <sip:zoe@example.com>']], 'é€'));
    expect(bytes.toString()).toBe(
      'SIP/2.0 200 OK\r\nFrom: "Zoë" <sip:zoe@example.com>\r\nContent-Length: 5\r\n\r\né€',
    );
  });

  it.each([
    [['Content-Length', '99'], 'Content-Length: 3'],
    [['content-length', '0'], 'content-length: 3'],
  ] as [[string, string], string][])('corrects %j', (header, corrected) => {
    const text = serialiseMessage(response([header, ['CSeq', '1 BYE'], header], 'abc')).toString();
    expect(text).toBe(`SIP/2.0 200 OK\r\n${corrected}\r\nCSeq: 1 BYE\r\n\r\nabc`);
  });

  it.each(['', 'v=0\r\n'])('holds no memory but its own while it lingers: body %j', (body) => {
    const bytes = serialiseMessage(response([['CSeq', '1 INVITE']], body));
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });
});
