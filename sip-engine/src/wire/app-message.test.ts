// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { AppMessageError, parseAppMessage } from './app-message.ts';
import { spellHeaderName } from './header-names.ts';

const parse = (text: string) => parseAppMessage(Buffer.from(text));

describe('parseAppMessage', () => {
  it('reads a request as drachtio-srf writes it', () => {
    const message = parse(
      'INVITE sip:+15550100@192.0.2.1 SIP/2.0\r\ncall-id: a\r\nX-Site: b\r\ncseq: 2 INVITE\r\nContent-Length: 1\r\n\r\nv=0\r\n',
    );
    expect(message).toMatchObject({ kind: 'request', method: 'INVITE', uri: 'sip:+15550100@192.0.2.1' });
    expect(message.headers).toEqual([
      { name: 'Call-ID', value: 'a' },
      { name: 'X-Site', value: 'b' },
      { name: 'CSeq', value: '2 INVITE' },
      { name: 'Content-Length', value: '1' },
    ]);
  });

  it('takes the rest of the frame for the body, whatever Content-Length says', () => {
    const message = parse('SIP/2.0 200 OK\r\nContent-Length: 3\r\n\r\nv=0 €\r\n\r\nmore');
    expect(message.body.toString()).toBe('v=0 €\r\n\r\nmore');
  });

  it('reads a status line, with and without a reason', () => {
    expect(parse('SIP/2.0 183 Session Progress\r\n\r\n')).toMatchObject({
      status: 183,
      reason: 'Session Progress',
    });
    expect(parse('SIP/2.0 500\r\n\r\n')).toMatchObject({ status: 500, reason: '' });
  });

  it('joins folded lines', () => {
    expect(parse('OPTIONS sip:a SIP/2.0\r\nSubject: one\r\n  two\r\n\r\n').headers).toEqual([
      { name: 'Subject', value: 'one two' },
    ]);
  });

  it.each([
    ['a header without colon', 'OPTIONS sip:a SIP/2.0\r\nSubject\r\n\r\n', /malformed header line "Subject"/],
    ['a blank in a name', 'OPTIONS sip:a SIP/2.0\r\nSub ject: x\r\n\r\n', /malformed header line/],
    [
      'a lone LF that would add a header',
      'OPTIONS sip:a SIP/2.0\r\nSubject: x\nVia: evil\r\n\r\n',
      /malformed header line/,
    ],
    ['a lone CR', 'OPTIONS sip:a SIP/2.0\r\nSubject: x\rVia: evil\r\n\r\n', /malformed header line/],
    ['a blank in the URI', 'OPTIONS sip:a b SIP/2.0\r\n\r\n', /malformed request line/],
    ['no version', 'OPTIONS sip:a\r\n\r\n', /malformed request line/],
    ['status 700', 'SIP/2.0 700 x\r\n\r\n', /malformed status line/],
  ])('refuses %s', (_, text, reason) => {
    expect(() => parse(text)).toThrow(AppMessageError);
    expect(() => parse(text)).toThrow(reason);
  });
});

describe('spellHeaderName', () => {
  it.each([
    ['content-type', 'Content-Type'],
    ['call-id', 'Call-ID'],
    ['CSEQ', 'CSeq'],
    ['p-asserted-identity', 'P-Asserted-Identity'],
    ['www-authenticate', 'WWW-Authenticate'],
    ['m', 'Contact'],
    ['foo-bar', 'Foo-Bar'],
    ['x-foo-bar', 'x-foo-bar'],
    ['X-site', 'X-site'],
    ['Diversion', 'Diversion'],
  ])('writes %s as %s', (given, wanted) => {
    expect(spellHeaderName(given)).toBe(wanted);
  });
});
