// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Carrier, OriginationUri, TargetReport } from '@trunkline/crds';
import { carrierHealth, indexHealth, originationUriHealth } from './target-health.ts';

const up = (address: string, since = '2027-01-01T00:00:00.000Z'): TargetReport => ({
  address,
  healthy: true,
  since,
});
const down = (address: string, since = '2027-01-01T00:00:00.000Z'): TargetReport => ({
  address,
  healthy: false,
  since,
  lastError: 'no response in 4 s',
});
const uri = (sipUri: string, enabled = true) => ({ spec: { sipUri, enabled } }) as OriginationUri;
const carrier = (...gateways: { host: string; port?: number; enabled: boolean }[]) =>
  ({ spec: { gateways: gateways.map((gateway) => ({ transport: 'udp', ...gateway })) } }) as Carrier;

describe('health in the status of an OriginationUri', () => {
  const pbx = uri('sip:pbx1.acme.example:5070;transport=tcp?X-site=a');

  it('is what each edge says of the place that it leads to', () => {
    const proxies = [
      { edge: 'dublin', health: [down('tcp/pbx1.acme.example:5070'), up('udp/other.example')] },
      { edge: 'ashburn', health: [up('tcp/pbx1.acme.example:5070')] },
    ];
    expect(originationUriHealth(pbx, false, indexHealth(proxies))).toEqual([
      {
        address: 'tcp/pbx1.acme.example:5070',
        healthy: true,
        lastChange: '2027-01-01T00:00:00.000Z',
        edge: 'ashburn',
      },
      {
        address: 'tcp/pbx1.acme.example:5070',
        healthy: false,
        lastChange: '2027-01-01T00:00:00.000Z',
        edge: 'dublin',
        reason: 'no response in 4 s',
      },
    ]);
  });

  it('of two proxies of an edge is the worse, and of two that are down the longer', () => {
    const address = 'tcp/pbx1.acme.example:5070';
    const told = (...reports: TargetReport[]) =>
      originationUriHealth(
        pbx,
        false,
        indexHealth(reports.map((report) => ({ edge: 'dublin', health: [report] }))),
      );
    expect(told(up(address), down(address))).toMatchObject([{ healthy: false }]);
    expect(told(down(address), up(address))).toMatchObject([{ healthy: false }]);
    const early = down(address, '2026-12-31T00:00:00.000Z');
    expect(told(down(address), early)).toMatchObject([{ lastChange: early.since }]);
  });

  it('is that of the TLS port where the trunk is secure', () => {
    const proxies = [{ edge: '', health: [down('tls/192.0.2.10:5061')] }];
    expect(originationUriHealth(uri('sip:192.0.2.10'), true, indexHealth(proxies))).toEqual([
      {
        address: 'tls/192.0.2.10:5061',
        healthy: false,
        lastChange: '2027-01-01T00:00:00.000Z',
        reason: 'no response in 4 s',
      },
    ]);
  });

  it.each([uri('sip:192.0.2.10', false), uri('mailto:x@y.example'), uri('sip:192.0.2.11')])(
    'is empty of one that is switched off, unreadable, or not tried yet',
    (other) => {
      expect(
        originationUriHealth(
          other,
          false,
          indexHealth([{ edge: 'e', health: [down('udp/192.0.2.10:5060')] }]),
        ),
      ).toEqual([]);
    },
  );
});

describe('health in the status of a Carrier', () => {
  it('is that of each gateway that is switched on', () => {
    const pstn = carrier(
      { host: '192.0.2.10', enabled: true },
      { host: '192.0.2.11', port: 5070, enabled: true },
      { host: '192.0.2.12', enabled: false },
    );
    const health = [up('udp/192.0.2.10:5060'), down('udp/192.0.2.11:5070'), down('udp/192.0.2.12:5060')];
    expect(carrierHealth(pstn, indexHealth([{ edge: 'dublin', health }]))).toMatchObject([
      { address: 'udp/192.0.2.10:5060', healthy: true },
      { address: 'udp/192.0.2.11:5070', healthy: false, reason: 'no response in 4 s' },
    ]);
  });
});
