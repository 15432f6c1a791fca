// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { getHeader, getHeaders } from './headers.ts';
import { parseNameAddr } from './name-addr.ts';
import { ParseError } from './parse-error.ts';
import { parseMessage } from './parse-message.ts';
import { serialiseMessage } from './serialise-message.ts';
import type { SipMessage } from './sip-message.ts';
import { readEssentials } from './validate-message.ts';
import { topVia } from './via.ts';

const usual = [
  'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-1',
  'From: <sip:+15550100@192.0.2.1>;tag=a',
  'To: <sip:+15550101@192.0.2.2>',
  'Call-ID: c1',
  'CSeq: 1 OPTIONS',
];

function bytesOf(lines: string[], body = ''): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

function options(...changes: string[]): Buffer {
  return bytesOf(['OPTIONS sip:a@192.0.2.2 SIP/2.0', ...usual, ...changes]);
}

/** Whole reading as the transports do it. */
function read(bytes: Buffer): SipMessage {
  const message = parseMessage(bytes);
  readEssentials(message);
  return message;
}

function failure(bytes: Buffer): ParseError {
  try {
    read(bytes);
  } catch (error) {
    if (error instanceof ParseError) return error;
    throw error;
  }
  throw new Error('was read without an error');
}

describe('a valid message', () => {
  it('keeps order, case and repetition of headers and the bytes of the body', () => {
    const body = Buffer.from([0x76, 0x3d, 0xff, 0x00, 0x0d, 0x0a]);
    const head = bytesOf([
      'INVITE sip:b@192.0.2.2 SIP/2.0',
      'x-ONE: 1',
      'Via: v1',
      'X-one:2',
      'via: v2',
      'Content-Length: 6',
    ]);
    const message = parseMessage(Buffer.concat([head, body, Buffer.from('beyond')]));
    expect(message).toMatchObject({ kind: 'request', method: 'INVITE', uri: 'sip:b@192.0.2.2' });
    expect(message.headers.slice(0, 4)).toEqual([
      { name: 'x-ONE', value: '1' },
      { name: 'Via', value: 'v1' },
      { name: 'X-one', value: '2' },
      { name: 'via', value: 'v2' },
    ]);
    expect(message.body).toEqual(body);
    expect(getHeaders(message, 'VIA')).toEqual(['v1', 'v2']);
  });

  it.each([
    ['i', 'Call-ID'],
    ['m', 'Contact'],
    ['e', 'Content-Encoding'],
    ['c', 'Content-Type'],
    ['f', 'From'],
    ['s', 'Subject'],
    ['k', 'Supported'],
    ['t', 'To'],
    ['v', 'Via'],
    ['r', 'Refer-To'],
    ['b', 'Referred-By'],
    ['x', 'Session-Expires'],
    ['o', 'Event'],
    ['u', 'Allow-Events'],
    ['d', 'Request-Disposition'],
    ['V', 'Via'],
  ])('has the compact name %s written as %s', (short, long) => {
    const message = parseMessage(bytesOf(['OPTIONS sip:a@b SIP/2.0', `${short}  : value`]));
    expect(message.headers).toEqual([{ name: long, value: 'value' }]);
  });

  it('counts the compact Content-Length', () => {
    expect(parseMessage(bytesOf(['OPTIONS sip:a@b SIP/2.0', 'l: 3'], 'abcdef')).body.toString()).toBe('abc');
  });

  it('may be written as tortuously as RFC 4475 shows', () => {
    const message = read(
      bytesOf(
        [
          'INVITE sip:vivekg@chair-dnrc.example;unknownparam SIP/2.0',
          'TO :',
          ' sip:vivekg@chair-dnrc.example ;   tag    = 1918181833n',
          'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
          '  ;',
          '  tag = 98asjd8',
          'MaX-fOrWaRdS: 0068',
          'Call-ID: wsinv.ndaksdj@192.0.2.1',
          'Content-Length   : 3',
          'cseq: 0009',
          '  INVITE',
          'Via  : SIP  /   2.0',
          ' /UDP',
          '    192.0.2.2;branch=390skdjuw',
          's :',
          'NewFangledHeader:   newfangled value',
          ' continued newfangled value',
          'UnknownHeaderWithUnusualValue: ;;,,;;,;',
          'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
          '  branch  =   z9hG4bK9ikj8  ,',
          ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
          ' z9hG4bK30239',
          'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
          '      newvalue ;',
          '  secondparam ; q = 0.33',
        ],
        'v=0',
      ).subarray(0),
    );
    const essentials = readEssentials(message);
    expect(essentials).toMatchObject({
      sequence: 9,
      method: 'INVITE',
      fromTag: '98asjd8',
      toTag: '1918181833n',
      callId: 'wsinv.ndaksdj@192.0.2.1',
    });
    expect(topVia(message)).toMatchObject({ transport: 'UDP', host: '192.0.2.2', port: undefined });
    expect(parseNameAddr(getHeader(message, 'from') ?? '').displayName).toBe('J Rosenberg \\"');
    expect(parseNameAddr(getHeader(message, 'Contact') ?? '').params.get('q')).toBe('0.33');
    expect(getHeader(message, 'Subject')).toBe('');
    expect(getHeader(message, 'newfangledheader')).toBe('newfangled value continued newfangled value');
  });

  it.each<[string, Buffer]>([
    [
      'a method of every token character',
      bytesOf([
        "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
        ...usual.slice(0, 4),
        "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~",
      ]),
    ],
    [
      'escapes in user and parameters',
      bytesOf(['OPTIONS sip:sips%3Auser%40example.com@example.net;par%41m=%00 SIP/2.0', ...usual]),
    ],
    ['a scheme that we do not know', bytesOf(['OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0', ...usual])],
    ['a quoted name with brackets and commas', options('Contact: "<a>, \\" b" <sip:c@d>, <sip:e@f>')],
    ['UTF-8 in headers', options('Subject: Größe ☎')],
    ['a blank line before it', Buffer.concat([Buffer.from('\r\n\r\n'), options()])],
    [
      'a transport that nobody knows',
      bytesOf([
        'OPTIONS sip:a@b SIP/2.0',
        'Via: SIP/2.0/QUIC t1.example.com;branch=z9hG4bK1',
        ...usual.slice(1),
      ]),
    ],
    ['a long header', options(`X-Long: ${'a'.repeat(8000)}`)],
    [
      'CSeq at its largest',
      bytesOf(['OPTIONS sip:a@b SIP/2.0', ...usual.slice(0, 4), 'CSeq: 2147483647 OPTIONS']),
    ],
    ['a response without a reason', bytesOf(['SIP/2.0 100 ', ...usual])],
    ['a response without even the blank', bytesOf(['SIP/2.0 200', ...usual])],
    [
      'a response with a reason in UTF-8',
      bytesOf(['SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое', ...usual]),
    ],
    [
      'IPv6 in Via and URI',
      bytesOf([
        'OPTIONS sip:[2001:db8::10] SIP/2.0',
        'Via: SIP/2.0/UDP [2001:db8::9:1]:5070;received=[2001:db8::9:255];branch=z9hG4bKas3',
        ...usual.slice(1),
      ]),
    ],
  ])('may hold %s', (_what, bytes) => {
    const message = read(bytes);
    expect(parseMessage(serialiseMessage(message)).headers.slice(0, 5)).toEqual(message.headers.slice(0, 5));
  });
});

describe('a broken request says what is wrong and can be answered', () => {
  const start = 'OPTIONS sip:a@192.0.2.2 SIP/2.0';
  it.each<[string, Buffer, RegExp, number?]>([
    ['Content-Length too large', options('Content-Length: 9999'), /Content-Length is 9999, but only 0 bytes/],
    ['Content-Length negative', options('Content-Length: -999'), /Content-Length "-999"/],
    ['two Content-Lengths', options('Content-Length: 0', 'l: 4'), /Content-Length "4"/],
    [
      'blanks in the Request-URI',
      bytesOf(['OPTIONS sip:a@b; lr SIP/2.0', ...usual]),
      /Request-URI "sip:a@b; lr" is not a URI/,
    ],
    [
      'a Request-URI in brackets',
      bytesOf(['OPTIONS <sip:a@b> SIP/2.0', ...usual]),
      /Request-URI "<sip:a@b>"/,
    ],
    [
      'two blanks in the request line',
      bytesOf(['OPTIONS  sip:a@b SIP/2.0', ...usual]),
      /Request-URI " sip:a@b"/,
    ],
    ['a blank after the request line', bytesOf([`${start} `, ...usual]), /ends with a space/],
    ['another version', bytesOf(['OPTIONS sip:a@b SIP/7.0', ...usual]), /version "SIP\/7.0"/, 505],
    [
      'CSeq of another method',
      bytesOf([start, ...usual.slice(0, 4), 'CSeq: 8 INVITE']),
      /CSeq names INVITE, but the request is OPTIONS/,
    ],
    [
      'CSeq too large',
      bytesOf([start, ...usual.slice(0, 4), 'CSeq: 36893488147419103232 OPTIONS']),
      /CSeq "36893/,
    ],
    ['CSeq of 2^31', bytesOf([start, ...usual.slice(0, 4), 'CSeq: 2147483648 OPTIONS']), /CSeq "2147483648/],
    ['Max-Forwards too large', options('Max-Forwards: 300'), /Max-Forwards "300" is not in 0-255/],
    [
      'an open quote in To',
      bytesOf([start, ...usual.slice(0, 2), 'To: "Mr. J. User <sip:j@example.com>', ...usual.slice(3)]),
      /no closing quote/,
    ],
    [
      'an open bracket in From',
      bytesOf([start, usual[0]!, 'From: <sip:j@example.com;tag=1', ...usual.slice(2)]),
      /is not an address/,
    ],
    ['two From', options('From: <sip:x@y>;tag=2'), /From is there 2 times/],
    ['two Call-IDs', options('i: 98asdh'), /Call-ID is there 2 times/],
    ['no Call-ID', bytesOf([start, ...usual.slice(0, 3), usual[4]!]), /Call-ID is missing/],
    ['no Via', bytesOf([start, ...usual.slice(1)]), /Via is missing/],
    ['Via of another protocol', bytesOf([start, 'Via: HTTP/1.1 a', ...usual.slice(1)]), /Via "HTTP/],
    ['Via port 0', bytesOf([start, 'Via: SIP/2.0/UDP a:0', ...usual.slice(1)]), /Via port 0/],
    ['a header line without a colon', options('nonsense'), /"nonsense" has no valid name/],
    ['a header name with a blank', options('Bad Name: 1'), /no valid name/],
    ['a lone LF in a value', options('X-A: 1\nInjected: 2'), /lone CR or LF/],
    ['a lone CR in a value', options('X-A: 1\rInjected: 2'), /lone CR or LF/],
    [
      'no end of headers',
      Buffer.from(`${start}\r\n${usual.join('\r\n')}\r\n`),
      /does not end with an empty line/,
    ],
  ])('%s', (_what, bytes, reason, status = 400) => {
    const error = failure(bytes);
    expect(error.message).toMatch(reason);
    expect(error.status).toBe(status);
    expect(error.request?.method).toBe('OPTIONS');
    expect(getHeader(error.request!, 'CSeq')).toBeDefined();
  });

  it('quotes no more than a line of what came', () => {
    const error = failure(bytesOf([start, usual[0]!, `From: ${'a b'.repeat(10_000)}`, ...usual.slice(2)]));
    expect(error.message.length).toBeLessThan(200);
  });
});

describe('what is no request at all is only refused', () => {
  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['line ends only', Buffer.from('\r\n\r\n\r\n')],
    ['HTTP', bytesOf(['GET / HTTP/1.1', 'Host: a'])],
    ['a status over 699', bytesOf(['SIP/2.0 4294967301 better not break the receiver', ...usual])],
    ['a response with a broken header', bytesOf(['SIP/2.0 200 OK', ...usual, 'x'])],
    ['a response without CSeq', bytesOf(['SIP/2.0 200 OK', ...usual.slice(0, 4)])],
    ['zeros', Buffer.alloc(100)],
  ])('%s', (_what, bytes) => {
    expect(failure(bytes).request).toBeUndefined();
  });
});

describe('hostile bytes', () => {
  it('never cause anything but a ParseError', () => {
    const good = options('Contact: "x" <sip:a@b>;q=1', 'Content-Length: 0');
    const damaged = fc
      .tuple(fc.nat(good.length - 1), fc.uint8Array({ maxLength: 6 }), fc.nat(6))
      .map(([at, piece, cut]) => Buffer.concat([good.subarray(0, at), piece, good.subarray(at + cut)]));
    const arbitrary = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(damaged, arbitrary), (bytes) => {
        try {
          const message = read(bytes);
          for (const { value } of message.headers) expect(value).not.toMatch(/[\r\n]/);
        } catch (error) {
          if (!(error instanceof ParseError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['Via', `SIP/2.0/UDP a${' '.repeat(30_000)}x`],
    ['From', `"${'\\'.repeat(30_000)}`],
    ['CSeq', `1${' '.repeat(30_000)}`],
    ['To', '<'.repeat(30_000)],
  ])('do not cost more than their length: %s', (name, value) => {
    // Quadratic patterns would need minutes here: the runner's own time limit is the assertion.
    for (let round = 0; round < 20; round += 1) {
      failure(
        bytesOf([
          'OPTIONS sip:a@b SIP/2.0',
          `${name}: ${value}`,
          ...usual.filter((line) => !line.startsWith(name)),
        ]),
      );
    }
  });
});

describe('writing', () => {
  const line = fc.stringMatching(/^[!-~][ -~]{0,20}[!-~]$/);
  const name = fc
    .stringMatching(/^[A-Za-z][A-Za-z0-9.!%*_+`'~-]{1,15}$/)
    .filter((text) => !/^content-length$/i.test(text));

  it('and reading again gives the same message', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ name, value: fc.oneof(line, fc.constant('')) }), { maxLength: 12 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 100, max: 699 }),
        (headers, content, status) => {
          const body = Buffer.from(content);
          const all = [...headers, { name: 'content-length', value: String(body.length) }];
          const request: SipMessage = {
            kind: 'request',
            method: 'INVITE',
            uri: 'sip:a@b',
            headers: all,
            body,
          };
          expect(parseMessage(serialiseMessage(request))).toEqual(request);
          const response: SipMessage = { kind: 'response', status, reason: 'Why not', headers: all, body };
          expect(parseMessage(serialiseMessage(response))).toEqual(response);
        },
      ),
    );
  });

  it('corrects Content-Length where it stands, once, and adds it where it is missing', () => {
    const message = parseMessage(bytesOf(['OPTIONS sip:a@b SIP/2.0', 'content-length: 2', 'X-A: 1'], 'ab'));
    message.body = Buffer.from('größe');
    expect(serialiseMessage(message).toString()).toBe(
      'OPTIONS sip:a@b SIP/2.0\r\ncontent-length: 7\r\nX-A: 1\r\n\r\ngröße',
    );
    message.headers = [];
    expect(serialiseMessage(message).toString()).toBe(
      'OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 7\r\n\r\ngröße',
    );
  });
});
