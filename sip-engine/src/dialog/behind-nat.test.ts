// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { SipMessage } from '../message/index.ts';
import type { Flow, Protocol } from '../transaction/contract.ts';
import { sourceOf, wayBack } from './behind-nat.ts';

const from = (remoteAddress: string, protocol: Protocol = 'udp'): Flow => ({
  protocol,
  ...{ localAddress: '192.0.2.1', localPort: 5060, remoteAddress, remotePort: 33_000 },
});

const message = (kind: SipMessage['kind'], headers: SipMessage['headers'] = []): SipMessage =>
  kind === 'request'
    ? { kind, method: 'INVITE', uri: 'sip:a@example.com', headers, body: Buffer.alloc(0) }
    : { kind, status: 200, reason: 'OK', headers, body: Buffer.alloc(0) };

const request = message('request');
const response = message('response');

describe('the way back to a peer', () => {
  it.each([
    ['10.1.2.3', '203.0.113.7', 'sip:203.0.113.7:33000;transport=udp'],
    ['172.31.0.1', '203.0.113.7', 'sip:203.0.113.7:33000;transport=udp'],
    ['[fd00::1]', '2001:db8::7', 'sip:[2001:db8::7]:33000;transport=udp'],
    ['172.32.0.1', '203.0.113.7', undefined],
    ['10.1.2.3', '192.168.0.1', undefined],
    ['203.0.113.9', '203.0.113.7', undefined],
    ['pbx.example.com', '203.0.113.7', undefined],
  ])('of Contact %s and source %s is %s', (host, source, way) => {
    const contact = `sip:pbx@${host}:5060`;
    expect(wayBack(request, { contact, flow: from(source), parity: false })).toBe(way);
    expect(wayBack(response, { contact, flow: from(source), parity: false })).toBe(way);
  });

  it('is a connection where there is one', () => {
    const options = { contact: 'sip:pbx@10.1.2.3', parity: false };
    expect(wayBack(request, { ...options, flow: from('203.0.113.7', 'tls') })).toBe(
      'sip:203.0.113.7:33000;transport=tls',
    );
    // It was verified for the name that was called, not for the address.
    expect(wayBack(response, { ...options, flow: from('203.0.113.7', 'tls') })).toBeUndefined();
  });

  it('is the recorded route, or none without Contact', () => {
    const recorded = message('request', [{ name: 'Record-Route', value: '<sip:proxy.example.com;lr>' }]);
    const flow = from('203.0.113.7');
    expect(wayBack(recorded, { contact: 'sip:pbx@10.1.2.3', flow, parity: true })).toBeUndefined();
    for (const contact of [undefined, 'tel:+15550100'])
      expect(wayBack(request, { contact, flow, parity: true })).toBeUndefined();
  });

  it.each([
    ['pbx.example.com', request, 'udp', true],
    ['203.0.113.9', response, 'tcp', true],
    ['203.0.113.7:5060', request, 'udp', true],
    ['203.0.113.7:33000', request, 'udp', false],
    ['203.0.113.7', request, 'udp', false],
    ['203.0.113.7:5060', request, 'tcp', false],
    ['203.0.113.7:5060', response, 'udp', false],
  ] as const)('with parity: distrusts Contact %s as drachtio does', (host, told, protocol, distrusted) => {
    const flow = from('203.0.113.7', protocol);
    const way = wayBack(told, { contact: `sip:pbx@${host}`, flow, parity: true });
    expect(way).toBe(distrusted ? sourceOf(flow) : undefined);
  });
});
