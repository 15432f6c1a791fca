// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseOriginationUri } from './origination-uri.ts';

function parsed(text: string) {
  const result = parseOriginationUri(text);
  if (!result.ok) throw new Error(`${text} ${result.error.message}`);
  return result.uri;
}

function refusal(text: string): string {
  const result = parseOriginationUri(text);
  if (result.ok) throw new Error(`${text} was accepted`);
  expect(result.error.remedy).not.toBe('');
  return result.error.message;
}

describe('parseOriginationUri', () => {
  it('fills in UDP and nothing else', () => {
    expect(parsed('sip:pbx1.acme.example')).toEqual({
      host: 'pbx1.acme.example',
      transport: 'udp',
      sips: false,
      headers: [],
    });
  });

  it('reads every part', () => {
    expect(
      parsed('sip:annie%20bp@PBX1.acme.example:5070;transport=TCP;edge=ashburn;region=us1?X-site=a%26b&X-n='),
    ).toEqual({
      user: 'annie bp',
      host: 'pbx1.acme.example',
      port: 5070,
      transport: 'tcp',
      sips: false,
      headers: [
        { name: 'X-site', value: 'a&b' },
        { name: 'X-n', value: '' },
      ],
      edge: 'ashburn',
      region: 'us1',
    });
  });

  it.each([
    ['sip:192.0.2.7:5061', '192.0.2.7', 5061],
    ['sip:[2001:DB8::7]:5070', '2001:db8::7', 5070],
    ['sip:[2001:db8::7]', '2001:db8::7', undefined],
    ['sip:pbx.example.', 'pbx.example.', undefined],
  ])('reads the host of %s', (text, host, port) => {
    expect(parsed(text)).toMatchObject({ host, ...(port !== undefined && { port }) });
    expect(parsed(text).port).toBe(port);
  });

  it('treats sips: as TLS, whatever transport says', () => {
    expect(parsed('sips:pbx.example')).toMatchObject({ transport: 'tls', sips: true });
    expect(parsed('sips:pbx.example;transport=tcp').transport).toBe('tls');
  });

  it('takes + for itself, and an @ or ; in a header value for part of it', () => {
    expect(parsed('sip:+15550100@pbx.example').user).toBe('+15550100');
    expect(parsed('sip:pbx.example?X-a=b@c;d').headers).toEqual([{ name: 'X-a', value: 'b@c;d' }]);
    expect(parsed('sip:pbx.example?X-a=b+c').headers).toEqual([{ name: 'X-a', value: 'b+c' }]);
  });

  it.each([
    ['', 'does not begin with sip:'],
    ['pbx.example', 'does not begin with sip:'],
    ['tel:+15550100', 'does not begin with sip:'],
    ['sip:', 'has no host'],
    ['sip:user@', 'has no host'],
    ['sip:pbx.example:', 'has the port '],
    ['sip:pbx.example:0', 'has the port 0'],
    ['sip:pbx.example:65536', 'has the port 65536'],
    ['sip:pbx.example:5o60', 'has the port 5o60'],
    ['sip:192.0.2.300', 'has the host 192.0.2.300'],
    ['sip:192.0.2', 'has the host 192.0.2'],
    ['sip:pbx_1.example', 'has the host pbx_1.example'],
    ['sip:-pbx.example', 'has the host -pbx.example'],
    ['sip:2001:db8::7', 'without brackets'],
    ['sip:[2001:db8:::7]', 'not an IPv6 address'],
    ['sip:[fe80::1%eth0]', 'not an IPv6 address'],
    ['sip:[2001:db8::7', 'no readable host'],
    ['<sip:pbx.example>', 'does not begin with sip:'],
    ['sip:pbx.example ', 'has a space'],
    ['sip:u"@pbx.example', 'has a space, a quote'],
    ['sip:user:pass@pbx.example', 'has a password'],
    ['sip:@pbx.example', 'user part that SIP does not allow'],
    ['sip:us%zzer@pbx.example', 'user part that SIP does not allow'],
    ['sip:%ff@pbx.example', 'not UTF-8'],
    ['sip:pbx.example;lr', 'has the parameter "lr"'],
    ['sip:pbx.example;', 'has the parameter ""'],
    ['sip:pbx.example;transport', 'has the transport ""'],
    ['sip:pbx.example;transport=sctp', 'has the transport "sctp"'],
    ['sip:pbx.example;transport=tcp;Transport=udp', 'twice'],
    ['sip:pbx.example;edge=', 'has the edge ""'],
    ['sip:pbx.example?X-a', 'without a value'],
    ['sip:pbx.example?', 'without a value'],
    ['sip:pbx.example?From=me', 'sets the header "From"'],
    ['sip:pbx.example?%58-a%3A=1', 'sets the header "X-a:"'],
    ['sip:pbx.example?X-a=1%0d%0aRoute:%20x', 'control character'],
    ['sip:pbx.example?X-a=%C3%28', 'cannot be decoded'],
  ])('refuses "%s"', (text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('never throws, and never lets a header through that could end a line', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `sip:pbx.example?X-a=${rest}`),
        ),
        (text) => {
          const result = parseOriginationUri(text);
          const lines = result.ok ? result.uri.headers.map(({ name, value }) => `${name}: ${value}`) : [];
          expect(lines.filter((line) => /[\r\n]/.test(line) || !/^x-/i.test(line))).toEqual([]);
        },
      ),
    );
  });
});
