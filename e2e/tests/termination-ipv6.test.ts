// SPDX-License-Identifier: Apache-2.0
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { carrier, trunk, type Resource, type SipPeer } from '../src/index.ts';
import { backends, domainOf, offer, Stage, START_MS, STOP_MS } from './termination.fixture.ts';

const NUMBER = '+15550100';
const HOST = '::1';

const sibling = (name: string, acl: string[]): Resource[] =>
  trunk(name, { namespace: 'exact', account: null, acl });

const resources = (gateway: SipPeer): Resource[] => [
  // Customers and carrier share the one loopback address: the carrier sends no calls.
  carrier('pstn', [{ host: HOST, port: gateway.port }], { sources: ['2001:db8::1/128'] }),
  ...trunk('exact', { acl: ['::1/128'], numbers: [NUMBER] }),
  ...sibling('last', ['::/127']),
  ...sibling('inside', ['2001:db8::/32', '::/64']),
  ...sibling('before', ['::/128']),
  ...sibling('after', ['::2/127', '::4/126']),
  ...sibling('four', ['127.0.0.0/8', '0.0.0.0/1', '128.0.0.0/1']),
];

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === HOST),
);
if (!hasIpv6) process.stderr.write('skipped: this machine has no ::1\n');

/** Access lists, and signalling at all, over IPv6. */
(hasIpv6 ? describe : describe.skip).each(backends)('IPv6, with %s media', (media) => {
  const stage = new Stage();
  let pbx: SipPeer;

  beforeAll(async () => {
    const pstn = await stage.gateway(HOST);
    await stage.start(resources(pstn), media, `[${HOST}]:0`);
    pbx = await stage.peer(HOST);
  }, START_MS);
  afterAll(() => stage.close(), STOP_MS);

  it.each([
    ['exact', '::1/128'],
    ['last', '::/127'],
    ['inside', '::/64'],
  ])('lets in by trunk %s: %s', async (name, cidr) => {
    // A number that is refused later, so that no media is needed: the embedded relay has no IPv6.
    const call = pbx.invite({ to: `sip:1@${domainOf(name)}`, from: NUMBER, sdp: offer() });
    const { trace, source } = await stage.refused(call, {
      line: '400 Bad Request',
      code: 'invalid-number',
      check: 'called-number',
    });
    expect(source.address).toBe(HOST);
    expect(trace.find(({ check }) => check === 'source-address')).toMatchObject({
      result: 'pass',
      detail: `${HOST} is in ${cidr} of list exact/${name}-acl`,
    });
  });

  it.each(['before', 'after', 'four'])('keeps out by trunk %s', async (name) => {
    await stage.refused(stage.call(pbx, name, { from: NUMBER }), {
      line: '403 Forbidden',
      code: 'source-address-denied',
      check: 'source-address',
      text: HOST,
    });
  });

  it('serves TCP as UDP', async () => {
    const tcp = await stage.peer(HOST, { transport: 'tcp' });
    const answer = await tcp.request({ method: 'OPTIONS', uri: `sip:${domainOf('exact')}` });
    expect(answer.status).toBe(200);
  });

  it('has nothing left to do', async () => {
    await stage.up.expectIdle();
  }, 30_000);
});

/** Signalling over IPv6, media over IPv4: rtpengine is on loopback alone. */
(hasIpv6 && backends.includes('rtpengine') ? describe : describe.skip)('a call over IPv6', () => {
  const stage = new Stage();
  afterAll(() => stage.close(), STOP_MS);

  it(
    'goes to a gateway on IPv6',
    async () => {
      const pstn = await stage.gateway(HOST);
      await stage.start(resources(pstn), 'rtpengine', `[${HOST}]:0`);
      const call = stage.call(await stage.peer(HOST), 'exact', { from: NUMBER });
      const record = await stage.carried(call);
      expect(record.attempts).toMatchObject([{ target: `carrier/pstn/[${HOST}]:${pstn.port}`, status: 200 }]);
      await stage.up.expectIdle();
    },
    START_MS,
  );
});
