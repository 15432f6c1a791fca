// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from './decide.ts';
import type { RequestFacts } from './decision.ts';
import { explain } from './explain.ts';
import * as f from './policy.fixture.ts';
import { formatReason } from './reject.ts';

describe('explain', () => {
  it('decides as decide does, and prints the trace', () => {
    const context = f.makeContext();
    const { decision, lines } = explain(f.outbound(), context);
    expect(decision).toEqual(decide(f.outbound(), context));
    expect(lines).toHaveLength(decision.trace.length + 2);
    expect(lines[0]).toMatch(/^pass {2}who-is-calling +acme\.pstn\.example\.com is a termination domain/);
    expect(lines.at(-2)).toBe(`routed: termination of trunk acme/acme, ${f.NUMBER} calls ${f.ABROAD}`);
    expect(lines.at(-1)).toBe(`  1. carrier/pstn/192.0.2.10:5060  sip:${f.ABROAD}@192.0.2.10:5060`);
  });

  it.each([
    [f.outbound({ maxForwards: 0 }), {}, 'rejected: 483 Too Many Hops (too-many-hops)'],
    [f.outbound({ method: 'OPTIONS' }), {}, 'answered: 200 OK'],
    [
      f.outbound({ requestUri: 'sip:x.example' }),
      { unknownDomain: 'drop' },
      'dropped without an answer (unknown-domain)',
    ],
    [
      f.outbound(),
      { trunks: [f.makeTrunk({ credentialLists: ['acme/pbx'] })] },
      'challenged: 407 Proxy Authentication Required',
    ],
  ] as const)('ends with the verdict', (request: RequestFacts, parts: object, verdict) => {
    expect(explain(request, f.makeContext(parts)).lines.at(-1)).toBe(verdict);
  });

  it('takes a user for granted', () => {
    const context = f.makeContext({ trunks: [f.makeTrunk({ credentialLists: ['acme/pbx'] })] });
    const { decision, lines } = explain(f.outbound(), context, { assumeUser: f.USER });
    expect(decision.outcome).toBe('route');
    expect(lines.join('\n')).toContain('assumed: user "pbx"');
  });
});

describe('a caller id that is no number', () => {
  it('is quoted, so that nobody writes to the terminal of the one who asks', () => {
    const { lines } = explain(f.inbound({ from: '<sip:\u202eb\u00f6se@x.example>' }), f.makeContext());
    expect(lines.at(-2)).toContain('"?b?se" calls');
  });
});

describe('formatReason', () => {
  it('gives code and text', () => {
    expect(formatReason({ code: 'no-carrier', text: 'no carrier has a prefix of +44' })).toBe(
      'Trunkline;cause=no-carrier;text="no carrier has a prefix of +44"',
    );
  });

  it('cannot be broken out of', () => {
    const value = formatReason({ code: 'bad-request', text: 'a"; x\\\r\nVia: évil' });
    expect(value).toBe('Trunkline;cause=bad-request;text="a\\"; x\\\\??Via: ?vil"');
  });
});

/** Pieces that parsers stumble over, in any order. */
const pieces = fc
  .array(
    fc.constantFrom(
      'sip:',
      'sips:',
      'tel:',
      '+15550100',
      '+442079460123',
      '@',
      'acme.pstn.example.com',
      'example.com',
      '192.0.2.10',
      '<',
      '>',
      '"',
      '\\',
      ';',
      ':',
      ',',
      '%',
      '%00',
      '=',
      'Digest ',
      'username="pbx"',
      'realm="example.com"',
      'nonce="a.b"',
      'qop=auth',
      'm=audio ',
      '4000 RTP/AVP 0',
      'a=rtpmap:',
      '\r\n',
      '\0',
      '\u{1f600}',
      '\ud800',
      '[',
      ']',
      '::1',
      '?',
      ' ',
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));
const text = fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 120 }));
const optional = fc.option(text, { nil: undefined });

describe('decide', () => {
  it('never throws, always says why, and puts nothing unprintable into a header', () => {
    const contexts = [
      f.makeContext(),
      f.makeContext({
        unknownDomain: 'drop',
        trunks: [f.makeTrunk({ ipAccessControlLists: [], credentialLists: ['acme/pbx'] })],
      }),
    ];
    const hostile = fc.record({
      method: fc.constantFrom('INVITE' as const, 'OPTIONS' as const, 'REGISTER' as const),
      requestUri: fc.oneof(text, fc.constantFrom(f.outbound().requestUri, f.inbound().requestUri)),
      from: fc.oneof(text, fc.constant(f.outbound().from)),
      to: text,
      remotePartyId: optional,
      pAssertedIdentity: optional,
      diversion: fc.array(text, { maxLength: 3 }),
      proxyAuthorization: fc.oneof(
        optional,
        text.map((rest) => `Digest ${rest}`),
      ),
      maxForwards: fc.option(fc.integer(), { nil: undefined }),
      callId: text,
      source: fc.record({
        address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom(f.OFFICE, f.CARRIER, '::ffff:192.0.2.10')),
        port: fc.nat(65_535),
        transport: fc.constantFrom('udp' as const, 'tcp' as const, 'tls' as const),
      }),
      sdp: fc.oneof(optional, fc.constant(f.SDP)),
    });
    fc.assert(
      fc.property(hostile, fc.constantFrom(...contexts), (request, context) => {
        const { decision, lines } = explain(request as RequestFacts, context);
        expect(decision.trace.length).toBeGreaterThan(0);
        for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]*$/);
        if (decision.outcome === 'reject') expect(formatReason(decision)).toMatch(/^[\x20-\x7e]+$/);
        if (decision.outcome === 'route') {
          for (const { requestUri } of decision.plan.attempts) expect(requestUri).toMatch(/^[\x21-\x7e]+$/);
        }
      }),
      { seed: 6, numRuns: 3000 },
    );
  });
});
