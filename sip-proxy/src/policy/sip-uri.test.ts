// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { escapeUser, parseNameAddr, parseSipUri, splitHeaderValues } from './sip-uri.ts';

describe('parseSipUri', () => {
  it.each([
    ['sip:+15550100@example.com', '+15550100', 'example.com', undefined],
    ['SIP:+15550100@EXAMPLE.com:5080', '+15550100', 'example.com', 5080],
    ['sips:a@example.com.', 'a', 'example.com', undefined],
    ['sip:example.com', undefined, 'example.com', undefined],
    ['sip:+15550100@example.com;user=phone;transport=tcp', '+15550100', 'example.com', undefined],
    ['sip:+15550100;phone-context=+1@example.com', '+15550100', 'example.com', undefined],
    ['sip:user:secret@example.com', 'user', 'example.com', undefined],
    ['sip:%2B15550100@example.com', '+15550100', 'example.com', undefined],
    ['sip:caf%C3%A9@example.com', 'café', 'example.com', undefined],
    ['sip:a@[2001:DB8::1]:5060', 'a', '2001:db8::1', 5060],
    ['sip:a@[2001:db8::1]', 'a', '2001:db8::1', undefined],
    ['sip:a@example.com?X-name=b', 'a', 'example.com', undefined],
    ['sip:a@192.0.2.1:5060', 'a', '192.0.2.1', 5060],
    ['  sip:a@example.com  ', 'a', 'example.com', undefined],
    ['tel:+15550100', '+15550100', '', undefined],
    ['tel:+15550100;ext=1', '+15550100', '', undefined],
  ])('%s', (text, user, host, port) => {
    const uri = parseSipUri(text);
    expect([uri?.user, uri?.host, uri?.port]).toEqual([user, host, port]);
  });

  it.each([
    '',
    'sip:',
    'sip:@example.com',
    'sip:a@',
    'sip:a@b@example.com',
    'sip:a@exa mple.com',
    'sip:a@example.com:0',
    'sip:a@example.com:65536',
    'sip:a@example.com:',
    'sip:a@example.com:5060x',
    'sip:a@[2001:db8::1',
    'sip:a@[2001:db8::1]x',
    'sip:a@[]',
    'sip:a%zz@example.com',
    'sip:a%ff@example.com',
    'sip:a%0d%0aVia@example.com',
    'sip:a b@example.com',
    'http://example.com',
    'example.com',
    'tel:',
    `sip:${'a'.repeat(2000)}@example.com`,
  ])('refuses %j', (text) => {
    expect(parseSipUri(text)).toBeUndefined();
  });
});

describe('parseNameAddr', () => {
  it.each([
    ['<sip:+15550100@example.com>;tag=1', '', '+15550100'],
    ['"Front desk" <sip:+15550100@example.com>;tag=1', 'Front desk', '+15550100'],
    ['"a \\" <sip:evil@example.net>" <sip:+15550100@example.com>', 'a " <sip:evil@example.net>', '+15550100'],
    ['Front desk <sip:+15550100@example.com>', 'Front desk', '+15550100'],
    ['sip:+15550100@example.com;tag=1', '', '+15550100'],
    ['<tel:+15550100>', '', '+15550100'],
    ['<sip:anonymous@anonymous.invalid>', '', 'anonymous'],
    ['<sip:example.com>', '', undefined],
  ])('%s', (text, name, user) => {
    const parsed = parseNameAddr(text);
    expect([parsed?.displayName, parsed?.uri.user]).toEqual([name, user]);
  });

  it.each([
    '',
    '<sip:a@example.com',
    '"open <sip:a@example.com>',
    '"name" sip:a@example.com',
    '<>',
    'x',
    '"',
  ])('refuses %j', (text) => {
    expect(parseNameAddr(text)).toBeUndefined();
  });
});

describe('splitHeaderValues', () => {
  it('splits at commas outside quotes and brackets', () => {
    const one = '"a, b" <sip:a,b@example.com;x=1>;tag=1';
    expect(splitHeaderValues(`${one}, <tel:+1>,,x`)).toEqual([one, '<tel:+1>', 'x']);
    expect(splitHeaderValues('')).toEqual([]);
    expect(splitHeaderValues('"open, <sip:a@b>')).toEqual(['"open, <sip:a@b>']);
  });
});

describe('any text at all', () => {
  it('never throws', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .array(
          fc.constantFrom('sip:', 'tel:', '<', '>', '"', '\\', '@', ':', ';', '%', '[', ']', ',', 'a', '+1'),
          { maxLength: 30 },
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        parseSipUri(text);
        parseNameAddr(text);
        splitHeaderValues(text);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it('comes back from a URI that it was escaped into', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20 }), (text) => {
        const uri = parseSipUri(`sip:${escapeUser(text)}@example.com`);
        // `;` may stand bare in a user part, where it begins a parameter.
        if (/^[^;\s<>"\p{Cc}]+$/u.test(text)) expect(uri?.user).toBe(text);
      }),
      { seed: 4 },
    );
  });
});
