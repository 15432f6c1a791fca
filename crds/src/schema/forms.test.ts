// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { ruleHolds } from '../manifests/cel-rules.ts';
import { FORMS, type Form, type FormName } from './forms.ts';

/** Texts that each form takes and refuses. */
const SAMPLES: Record<FormName, { good: string[]; bad: string[] }> = {
  e164: {
    good: ['+15550100', '+442079460123', '+12', '+123456789012345'],
    bad: ['15550100', '+0123', '+1', '+1 5550100', '+1234567890123456', '+1555010a', '+15550100\n'],
  },
  duration: { good: ['24h', '500ms', '1h30m'], bad: ['24', '1d', '1.5h', ''] },
  cidr: {
    good: ['203.0.113.7/32', '0.0.0.0/0', '2001:db8::/64', '::/0', '2001:db8::1/128', '203.0.113.7/24'],
    bad: [
      '203.0.113.7',
      '203.0.113.7/33',
      '203.0.113/24',
      '203.0.113.07/32',
      '203.0.113.7/032',
      '2001:db8::/129',
      'office',
      '/24',
      '203.0.113.0/-1',
      'fe80::%eth0/64',
      '::ffff:203.0.113.7/128',
      '0xcb.0.113.7/32',
    ],
  },
  ip: {
    good: ['203.0.113.7', '2001:db8::1'],
    bad: ['203.0.113', '203.0.113.256', 'fe80::1%eth0', '[2001:db8::1]', 'pbx'],
  },
  host: {
    good: ['pbx.acme.example', 'PBX', '192.0.2.10', '2001:db8::10', 'a-b.example.', '4u.example'],
    bad: [
      '192.0.2.300',
      '192.0.2',
      'pbx_1',
      '-pbx',
      'pbx-.example',
      'pbx:5060',
      '[2001:db8::1]',
      'a..b',
      'pbx example',
      `${'a'.repeat(64)}.example`,
    ],
  },
  domainName: {
    good: ['acme', 'a.b', 'a-b', '4you', 'a'.repeat(63)],
    bad: ['Acme', '.acme', 'acme.', 'a..b', '-a', 'a-', 'a_b', 'a b', 'a'.repeat(64)],
  },
  dnsLabel: { good: ['acme', 'a1'], bad: ['a.b', 'Acme', '', 'a'.repeat(64)] },
  resourceName: { good: ['acme', 'a.b-c'], bad: ['Acme', 'a_b', 'a/b', ''] },
  sipUri: {
    good: [
      'sip:pbx.example',
      'SIP:u@pbx.example:5060;transport=TCP;edge=local?X-a=b&x-c=',
      'sips:192.0.2.7',
      'sip:[2001:db8::7]:5070',
      'sip:%41@pbx.example',
    ],
    bad: [
      'pbx.example',
      'sip:',
      'sip:u:p@pbx.example',
      'sip:pbx.example;lr',
      'sip:pbx.example;transport=ws',
      'sip:pbx.example?From=a',
      'sip:pbx.example?X-a',
      'sip:pbx.example:0',
      'sip:pbx example',
      'sip:pbx.example?X-a=%0d%0ab',
    ],
  },
  url: {
    good: ['https://voice.example.com', 'http://192.0.2.1:8080/a?b=c#d'],
    bad: [
      'voice.example.com',
      'ftp://example.com',
      'https://',
      'https://a b',
      'https:///x',
      '/fallback',
      'https://[::1',
    ],
  },
  hostPort: {
    good: ['198.51.100.4:5060', 'edge.example:5060', '[2001:db8::4]:5060'],
    bad: ['198.51.100.4', ':5060', 'a:b', '2001:db8::4:5060x'],
  },
  prefix: { good: ['+', '+44', '+123456789012345'], bad: ['44', '', '+44*', '0044'] },
  country: { good: ['GB'], bad: ['gb', 'GBR', 'UK1'] },
  currency: { good: ['USD'], bad: ['usd', 'US', '$'] },
  decimal: { good: ['0', '0.0075', '12.5'], bad: ['-1', '.5', '1.', '1,5', '1e3', '0.123456789'] },
  username: { good: ['pbx', 'pbx-1.acme_2'], bad: ['', 'pbx:1', 'p bx', 'pbx"', 'pbx@acme', 'ünal'] },
  secretKey: { good: ['password', '.pw-1_x'], bad: ['', 'pass word', 'a/b'] },
  statusCode: { good: ['404', '6xx', '302'], bad: ['200', '2xx', '4x4', '40', '700', '6XX'] },
  numberPattern: { good: ['+1555', '1555****', '*'], bad: ['', '+1555?', 'abc'] },
};

/** What the API server has of the form: lengths, pattern and CEL rules. */
function serverAccepts(form: Form, text: string): boolean {
  const length = Array.from(text).length;
  if (length < (form.minLength ?? 0) || length > form.maxLength) return false;
  if (form.pattern !== undefined && !new RegExp(form.pattern).test(text)) return false;
  return (form.rules ?? []).every((rule) => ruleHolds(rule.rule, { type: 'string' }, text));
}

describe.each(Object.entries(SAMPLES))('form %s', (name, { good, bad }) => {
  const form: Form = FORMS[name as FormName];

  it.each(good)('takes "%s", here and on the API server', (text) => {
    expect(form.check(text)?.severity === 'warning' || form.check(text) === undefined).toBe(true);
    expect(serverAccepts(form, text)).toBe(true);
  });

  it.each(bad)('refuses "%s", here and on the API server', (text) => {
    const tooShort = Array.from(text).length < (form.minLength ?? 0);
    const tooLong = Array.from(text).length > form.maxLength;
    const finding = form.check(text);
    expect(tooShort || tooLong || (finding !== undefined && finding.severity === undefined)).toBe(true);
    if (finding !== undefined) expect(finding.remedy).not.toBe('');
    expect(serverAccepts(form, text)).toBe(false);
  });
});

describe('findings that help', () => {
  it.each([
    ['cidr', '203.0.113.7', 'Write 203.0.113.7/32 for this one address'],
    ['cidr', '2001:db8::7', 'Write 2001:db8::7/128 for this one address'],
    ['cidr', '203.0.113.7/24', 'Write 203.0.113.0/24, or a longer prefix for one address'],
    ['cidr', '203.0.113', 'Write an address and a prefix length, such as 203.0.113.7/32 or 2001:db8::/64'],
    ['e164', '0044 20 7946 0123', 'Write "+442079460123" if that is the number'],
    ['e164', '+1 (555) 0100', 'Write "+15550100" if that is the number'],
    ['domainName', 'Acme', 'Write acme'],
  ] as const)('%s "%s"', (name, text, remedy) => {
    expect(FORMS[name].check(text)?.remedy).toBe(remedy);
  });
});
