// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseCSeq } from './cseq.ts';
import { addToTag, createResponse } from './create-response.ts';
import { cloneMessage, getHeader, prependHeader, removeHeader, setHeader } from './headers.ts';
import { newBranch, newTag } from './identifiers.ts';
import { formatNameAddr, parseNameAddr, parseNameAddrList, readTag } from './name-addr.ts';
import { splitList } from './params.ts';
import type { SipRequest } from './sip-message.ts';
import { formatSipUri, parseSipUri } from './sip-uri.ts';
import { statusReason } from './status-reasons.ts';
import { formatVia, parseVia, setTopVia, topVia } from './via.ts';

function request(...headers: [string, string][]): SipRequest {
  return {
    kind: 'request',
    method: 'INVITE',
    uri: 'sip:b@192.0.2.2',
    headers: headers.map(([name, value]) => ({ name, value })),
    body: Buffer.alloc(0),
  };
}

describe('headers', () => {
  it('are found, written over, removed and put first whatever their case', () => {
    const message = request(['Via', '1'], ['X-A', '1'], ['x-a', '2'], ['To', 't']);
    expect(getHeader(message, 'x-A')).toBe('1');
    setHeader(message, 'X-a', '3');
    setHeader(message, 'X-B', 'new');
    prependHeader(message, 'Via', '0');
    expect(message.headers.map(({ name, value }) => `${name}=${value}`)).toEqual([
      'Via=0',
      'Via=1',
      'X-A=3',
      'To=t',
      'X-B=new',
    ]);
    expect(removeHeader(message, 'VIA')).toBe(true);
    expect(removeHeader(message, 'VIA')).toBe(false);
    prependHeader(message, 'Route', 'r');
    expect(message.headers[0]).toEqual({ name: 'Route', value: 'r' });
  });

  it('of a clone are its own', () => {
    const message = request(['To', 't']);
    const copy = cloneMessage(message);
    copy.headers[0]!.value = 'changed';
    copy.headers.push({ name: 'X', value: 'y' });
    expect(message.headers).toEqual([{ name: 'To', value: 't' }]);
  });
});

describe('lists', () => {
  it.each([
    ['a, b ,c', ['a', 'b', 'c']],
    ['"x, y" <sip:a,b@c>, <sip:d@e;p="1,2">', ['"x, y" <sip:a,b@c>', '<sip:d@e;p="1,2">']],
    ['"a \\", b" <s>,c', ['"a \\", b" <s>', 'c']],
    [' , ,', []],
    ['', []],
  ])('%s', (value, elements) => {
    expect(splitList(value)).toEqual(elements);
  });
});

describe('Via', () => {
  it.each([
    ['SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1', { transport: 'UDP', host: '192.0.2.1', port: 5060 }],
    ['SIP/2.0/TCP pbx.example ; branch = x', { transport: 'TCP', host: 'pbx.example', port: undefined }],
    ['SIP / 2.0 / UDP [2001:db8::1] : 5070;branch=x', { transport: 'UDP', host: '2001:db8::1', port: 5070 }],
  ])('%s', (text, expected) => {
    const via = parseVia(text);
    expect(via).toMatchObject(expected);
    expect(parseVia(formatVia(via))).toEqual(via);
  });

  it('keeps what stands behind it on the same line when it is written over', () => {
    const message = request(
      ['via', 'SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2'],
      ['Via', 'SIP/2.0/UDP c'],
    );
    const via = topVia(message)!;
    via.params.set('received', '192.0.2.9');
    setTopVia(message, via);
    expect(message.headers.map(({ value }) => value)).toEqual([
      'SIP/2.0/UDP a;branch=1;received=192.0.2.9, SIP/2.0/UDP b;branch=2',
      'SIP/2.0/UDP c',
    ]);
  });

  it.each([
    '',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP a b',
    'SIP/3.0/UDP a',
    'SIP/2.0/UDP a:70000',
    'SIP/2.0/UDP [::1',
    'SIP/2.0/UDP ,',
  ])('refuses %j', (text) => {
    expect(() => parseVia(text)).toThrow(/Via/);
  });
});

describe('addresses', () => {
  it.each([
    ['<sip:a@b>;tag=1', undefined, 'sip:a@b', '1'],
    ['"Bob \\"B\\" <x>" <sip:a@b;tag=no>;tag=2', 'Bob "B" <x>', 'sip:a@b;tag=no', '2'],
    ['Bob Smith <sip:a@b>', 'Bob Smith', 'sip:a@b', undefined],
    ['sip:a@b;tag=3', undefined, 'sip:a@b', '3'],
    ['sip:a@b', undefined, 'sip:a@b', undefined],
    ['"tag=no" <sip:a@b>', 'tag=no', 'sip:a@b', undefined],
    ['<sip:a@b>;x="a;tag=no";TAG=4', undefined, 'sip:a@b', '4'],
    ['<tel:+15550100>;;tag=5;', undefined, 'tel:+15550100', '5'],
  ])('%s', (text, displayName, uri, tag) => {
    const address = parseNameAddr(text);
    expect(address).toMatchObject({ displayName, uri });
    expect(address.params.get('tag')).toBe(tag);
    expect(readTag(text)).toBe(tag);
    expect(parseNameAddr(formatNameAddr(address))).toEqual(address);
  });

  it.each([
    '',
    '<>',
    '<sip:a@b',
    '"Bob <sip:a@b>',
    '"Bob" sip:a@b',
    '<sip:a b@c>',
    '<sip:a@b> x',
    'sip:a@b "x"',
    '<sip:a<b>',
  ])('refuses %j', (text) => {
    expect(() => parseNameAddr(text)).toThrow();
    expect(readTag(text)).toBeUndefined();
  });

  it('come out of a list with commas in names and URIs', () => {
    const list = parseNameAddrList('"Doe, J" <sip:a,b@c;lr>, <sip:d@e>');
    expect(list.map(({ uri }) => uri)).toEqual(['sip:a,b@c;lr', 'sip:d@e']);
  });

  it('keep any name', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (displayName) => {
        const address = { displayName, uri: 'sip:a@b', params: new Map([['tag', 'x']]) };
        expect(parseNameAddr(formatNameAddr(address))).toEqual(address);
      }),
    );
  });
});

describe('CSeq', () => {
  it('is number and method', () => {
    expect(parseCSeq(' 0042   INVITE ')).toEqual({ sequence: 42, method: 'INVITE' });
  });
  it.each(['', '1', 'INVITE', '-1 INVITE', '1.5 INVITE', '2147483648 INVITE', '1 INV ITE'])(
    'refuses %j',
    (value) => {
      expect(() => parseCSeq(value)).toThrow(/CSeq/);
    },
  );
});

describe('SIP URIs', () => {
  it.each([
    ['sip:192.0.2.1', { user: undefined, host: '192.0.2.1', port: undefined }],
    ['sip:+15550100@acme.pstn.example.com:5070;transport=tcp', { user: '+15550100', port: 5070 }],
    ['SIPS:a:secret@b', { scheme: 'sips', user: 'a', password: 'secret', host: 'b' }],
    ['sip:user;par=u%40example.net@example.com', { user: 'user;par=u%40example.net', host: 'example.com' }],
    [
      'sip:[2001:db8::1]:5060;lr?X-a=1&X-b=%20',
      { host: '2001:db8::1', port: 5060, headers: 'X-a=1&X-b=%20' },
    ],
    ['sip:a@b?X=y;z', { host: 'b', headers: 'X=y;z' }],
  ])('%s', (text, expected) => {
    const uri = parseSipUri(text);
    expect(uri).toMatchObject(expected);
    expect(formatSipUri(uri)).toBe(text.replace('SIPS', 'sips'));
  });

  it.each([
    '',
    'sip:',
    'tel:+15550100',
    'sip:@b',
    'sip:a@',
    'sip:a@b@c',
    'sip:a@b:0',
    'sip:a@b:99999',
    'sip:a@b:x',
    'sip:[::1',
    'sip:a b@c',
    'sip:a@b>;c',
  ])('refuses %j', (text) => {
    expect(() => parseSipUri(text)).toThrow();
  });
});

describe('responses', () => {
  const invite = request(
    ['Via', 'v1'],
    ['Record-Route', '<sip:p;lr>'],
    ['via', 'v2'],
    ['From', '<sip:a@b>;tag=1'],
    ['To', '<sip:c@d>'],
    ['Call-ID', 'x'],
    ['CSeq', '1 INVITE'],
    ['Contact', '<sip:a@e>'],
  );

  it.each([
    [100, false],
    [180, true],
    [200, true],
    [404, false],
  ])('to %i copy what the RFC names, Record-Route: %s', (status, withRoute) => {
    const response = createResponse(invite, status);
    const names = response.headers.map(({ name }) => name);
    expect(names).toEqual([
      'Via',
      ...(withRoute ? ['Record-Route'] : []),
      'via',
      'From',
      'To',
      'Call-ID',
      'CSeq',
    ]);
    expect(response.reason).toBe(statusReason(status));
  });

  it('get a To tag once', () => {
    const response = createResponse(invite, 486, 'Later');
    addToTag(response, 'mine');
    addToTag(response, 'other');
    expect(getHeader(response, 'To')).toBe('<sip:c@d>;tag=mine');
    expect(getHeader(invite, 'To')).toBe('<sip:c@d>');
    expect(response.reason).toBe('Later');
  });

  it('have a reason for every code', () => {
    expect([statusReason(407), statusReason(499), statusReason(699)]).toEqual([
      'Proxy Authentication Required',
      'Bad Request',
      'Busy Everywhere',
    ]);
  });
});

it('identifiers do not repeat', () => {
  const made = Array.from({ length: 1000 }, () => [newBranch(), newTag()]).flat();
  expect(new Set(made).size).toBe(2000);
  expect(newBranch()).toMatch(/^z9hG4bK/);
});
