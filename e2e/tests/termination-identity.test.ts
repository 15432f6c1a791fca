// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { carrier, inEngine, trunk, type Resource, type SipPeer } from '../src/index.ts';
import {
  backends,
  CALLED,
  domainOf,
  expectRefusal,
  itRefuses,
  offer,
  Stage,
  START_MS,
  STOP_MS,
  type Refusal,
  type RefusedCall,
} from './termination.fixture.ts';

const NUMBER = '+15550100';
const PBX = '127.0.4.1';

const edge = (name: string, legacyRegion: string): Resource => ({
  apiVersion: 'trunkline.dev/v1alpha1',
  kind: 'Edge',
  metadata: { name },
  spec: { legacyRegion, signalling: { addresses: ['192.0.2.1'] } },
});

const acl = [`${PBX}/32`];
const resources = (gateway: SipPeer): Resource[] => [
  carrier('pstn', [{ host: gateway.address, port: gateway.port }]),
  edge('ashburn', 'us1'),
  edge('dublin', 'ie1'),
  ...trunk('acme', { acl, numbers: [NUMBER] }),
  ...trunk('branch', { namespace: 'acme', account: null, domainName: 'branch.acme', acl }),
  ...trunk('frozen', { acl, numbers: ['+15550101'], account: { suspended: true } }),
  ...trunk('thawed', { acl, numbers: ['+15550102'], account: { parent: 'frozen' } }),
  ...trunk('sealed', { acl, numbers: ['+15550103'], spec: { secure: true } }),
  ...trunk('open', { numbers: ['+15550104'] }),
];

const unknownDomain: Refusal = { line: '404 Not Found', code: 'unknown-domain', check: 'who-is-calling' };
const suspended: Refusal = { line: '603 Decline', code: 'account-suspended', check: 'account-active' };
const tlsRequired: Refusal = { line: '403 Forbidden', code: 'tls-required', check: 'secure-transport' };

/** Who is calling, and checks 1, 2 and 5 of DESIGN §4, with OPTIONS and REGISTER. */
describe.each(backends)('who may call out, with %s media', (media) => {
  const stage = new Stage();
  let pbx: SipPeer;
  let pstn: SipPeer;

  beforeAll(async () => {
    pstn = await stage.gateway();
    await stage.start(resources(pstn), media);
    pbx = await stage.peer(PBX);
  }, START_MS);
  afterAll(() => stage.close(), STOP_MS);

  const to = (host: string) => pbx.invite({ to: `sip:${CALLED}@${host}`, from: NUMBER, sdp: offer() });

  it.each([
    'acme.pstn.example.com',
    'ACME.PSTN.Example.Com',
    'acme.pstn.example.com.',
    'acme.pstn.example.com:5060;transport=udp',
    'acme.pstn.ashburn.example.com',
    'acme.pstn.us1.example.com',
    'acme.pstn.IE1.example.com',
    'branch.acme.pstn.example.com',
    'branch.acme.pstn.dublin.example.com',
  ])('carries a call to %s', async (host) => {
    const record = await stage.carried(to(host));
    expect(record.trunk).toBe(host.startsWith('branch') ? 'branch' : 'acme');
    expect(pstn.received('INVITE').at(-1)?.uri).toBe(`sip:${CALLED}@${pstn.hostPort}`);
  });

  const strangers = [
    'globex.pstn.example.com',
    'acme.pstn.nowhere.example.com',
    'acme.ashburn.pstn.example.com',
    'acme.pstn.example.com.acme.example',
    'acme.example.com',
    'pstn.example.com',
    'example.com',
    '127.0.0.1',
    'north.branch.acme.pstn.example.com',
  ];
  const noAuthentication: Refusal = {
    line: '403 Forbidden',
    code: 'no-authentication-configured',
    check: 'authentication-configured',
  };
  const through = (name: string) => () => stage.call(pbx, name, { from: NUMBER });
  itRefuses(stage, [
    ...strangers.map((host): RefusedCall => [host, () => to(host), { ...unknownDomain, text: host }]),
    ['a suspended account', through('frozen'), suspended],
    ['an account below a suspended one', through('thawed'), suspended],
    ['a secure trunk over UDP', through('sealed'), tlsRequired],
    ['a trunk without any authentication', through('open'), noAuthentication],
  ]);

  it.each([
    ['a stranger', '127.0.0.1', {}],
    ['a trunk', domainOf('frozen'), { trunk: 'frozen', direction: 'termination', status: 'failed' }],
  ])('names in the record of %s the trunk that there is', async (_, host, expected) => {
    const call = to(host);
    await call.final();
    const { trunk: name, direction, status } = await stage.up.record(call.callId);
    expect({ trunk: name, direction, status }).toEqual({
      trunk: undefined,
      direction: undefined,
      status: 'failed',
      ...expected,
    });
  });

  it('serves TCP as UDP, and refuses a secure trunk there too', async () => {
    const tcp = await stage.peer(PBX, { transport: 'tcp' });
    const record = await stage.carried(stage.call(tcp, 'acme', { from: NUMBER }));
    expect(record.source).toMatchObject({ address: PBX, transport: 'tcp' });
    await stage.refused(stage.call(tcp, 'sealed', { from: NUMBER }), { ...tlsRequired, text: 'TCP' });
  });

  it.each(['acme', 'globex'])('takes no REGISTER to %s', async (name) => {
    const answer = await pbx.request({ method: 'REGISTER', uri: `sip:${domainOf(name)}` });
    expectRefusal(answer, {
      line: '405 Method Not Allowed',
      code: 'method-not-allowed',
      check: 'method',
      text: 'registration',
    });
    expect(answer.header('Allow')).toMatch(/\bINVITE\b/);
    expect(answer.header('Allow')).not.toContain('REGISTER');
  });

  it('answers OPTIONS to a domain of nobody 404', async () => {
    const answer = await pbx.request({ method: 'OPTIONS', uri: `sip:${domainOf('globex')}` });
    expectRefusal(answer, unknownDomain);
  });

  it('has nothing left to do', async () => {
    await stage.up.expectIdle();
  }, 30_000);

  // The engine waits for 64 s for an answer to what is met with silence: from here on it is not idle.

  it('answers OPTIONS, and is silent after five at once', async () => {
    const pinger = await stage.peer('127.0.4.2');
    const uri = `sip:${domainOf('acme')}`;
    for (let ping = 0; ping < 5; ping += 1) {
      const answer = await pinger.request({ method: 'OPTIONS', uri });
      expect(`${answer.status} ${answer.reason}`).toBe('200 OK');
      expect(answer.header('Allow')).toMatch(/\bINVITE\b/);
    }
    const unanswered = await sendOnce(pinger, 'OPTIONS', uri);
    // What was sent after it has its answer.
    await pinger.invite({ to: `sip:1@${domainOf('globex')}`, from: NUMBER }).final();
    expect(pinger.seen.filter(({ message }) => message.branch === unanswered)).toEqual([]);
    // Others are answered as before, and carriers without limit.
    expect((await pbx.request({ method: 'OPTIONS', uri })).status).toBe(200);
    for (let ping = 0; ping < 8; ping += 1)
      expect((await pstn.request({ method: 'OPTIONS', uri, proxy: stage.up.sip })).status).toBe(200);
    expect(await stage.up.gauges()).toMatchObject({ engine: inEngine(1), proxy: 0, sessions: 0, media: 0 });
  }, 30_000);

  it('is silent towards unknown domains where that is set', async () => {
    await stage.setUnknownDomain('drop');
    const stranger = await stage.peer('127.0.4.3');
    const call = stranger.invite({ to: `sip:${CALLED}@127.0.0.1`, from: NUMBER, sdp: offer() });
    const record = await stage.up.record(call.callId);
    expect(record).toMatchObject({ outcomeCode: 'unknown-domain', sipStatus: 0, attempts: [] });
    expect(record.trace).toMatchObject([{ check: 'who-is-calling', result: 'fail' }]);
    await stranger.sendRaw(call.invite.toString());
    const unanswered = await sendOnce(stranger, 'REGISTER', `sip:${domainOf('globex')}`);
    // Who is known is served, after the stranger was not.
    await stage.carried(to(domainOf('acme')));
    expect(stranger.seen.filter(({ message }) => message.branch === unanswered)).toEqual([]);
    // The engine's own 100 comes before anybody decides (RFC 3261 §17.2.1).
    expect(call.responses.filter(({ status }) => status !== 100)).toEqual([]);
    expect(await stage.up.gauges()).toMatchObject({ engine: inEngine(3), proxy: 0, sessions: 0, media: 0 });
    // Its repetition is no call of its own.
    const records = await stage.up.calls({ outcome: 'unknown-domain' });
    expect(records.filter(({ sipStatus }) => sipStatus === 0)).toHaveLength(1);
  }, 30_000);
});

/** A request that is not repeated; gives its branch. */
const sendOnce = async (peer: SipPeer, method: string, uri: string): Promise<string> => {
  const branch = `z9hG4bKonce${method}${peer.port}`;
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${peer.hostPort};branch=${branch};rport`,
    'Max-Forwards: 70',
    `From: <sip:pbx@${peer.hostPort}>;tag=once`,
    `To: <${uri}>`,
    `Call-ID: once@${peer.hostPort}`,
    `CSeq: 1 ${method}`,
    'Content-Length: 0',
  ];
  await peer.sendRaw(`${lines.join('\r\n')}\r\n\r\n`);
  return branch;
};
