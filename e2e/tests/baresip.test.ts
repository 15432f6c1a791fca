// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRtpPeer } from '@trunkline/media-relay/testing';
import {
  carrier,
  createTlsMaterial,
  requireProgram,
  SipPeer,
  startBaresip,
  startTrunkline,
  trunk,
  type Baresip,
  type PeerTransport,
  type TlsMaterial,
  type Trunkline,
} from '../src/index.ts';

const users = { pbx: 'Demo-Password-1' };
const DOMAIN = 'acme.pstn.example.com';
const NUMBER = '+15550100';

const suite = requireProgram('baresip') ? describe : describe.skip;

/** A softphone that we did not write, in the place of the PBX; the carrier is a peer of ours. */
suite.each<PeerTransport>(['udp', 'tcp', 'tls'])('baresip over %s', (transport) => {
  let material: TlsMaterial;
  let up: Trunkline;
  let pstn: SipPeer;
  let phone: Baresip;

  beforeAll(async () => {
    material = await createTlsMaterial();
    const { cert, key } = material.write(
      'server',
      await material.authority.issue({ names: [DOMAIN, '127.0.0.1'] }),
    );
    pstn = await SipPeer.open({ address: '127.0.0.2', name: 'pstn' });
    up = await startTrunkline({
      manifests: [
        ...trunk('acme', { acl: ['127.0.0.0/8'], users, numbers: [NUMBER] }),
        carrier('pstn', [{ host: pstn.address, port: pstn.port }]),
      ],
      args: ['--sips', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', key, '--tls-ca', material.caFile],
    });
    phone = await startBaresip({
      address: '127.0.0.3',
      user: NUMBER,
      domain: DOMAIN,
      auth: { username: 'pbx', password: users.pbx },
      proxy: transport === 'tls' ? up.sips! : up.sip,
      transport,
      tls: await material.peer({ names: ['127.0.0.3'] }),
      frequencyHz: 440,
    });
    up.writeManifest('uri.yaml', trunk('acme', { account: null, targets: [phone.uri] }).slice(-1));
    await up.waitApplied();
  }, 60_000);
  afterAll(async () => {
    await phone.stop();
    await up.stop();
    await pstn.close();
    material.remove();
  }, 30_000);

  const tone = (frequencyHz: number): number => Math.round(frequencyHz / 40) * 40;

  it('calls, with audio both ways', async () => {
    const far = await createRtpPeer({ address: '127.0.0.2', frequencyHz: 880 });
    pstn.onInvite = async (call) => {
      far.start(call.remoteSdp);
      await call.answer(far.sdp());
      await call.ended();
    };
    await phone.dial(`sip:+442079460123@${DOMAIN}`);
    await far.hears(100);
    expect(tone(far.tone().frequencyHz)).toBe(440);
    await phone.hangUp();
    await far.close();
    const heard = phone.heard();
    expect(tone(heard.frequencyHz)).toBe(880);
    expect(heard.seconds).toBeGreaterThan(1);
    await up.expectIdle();
    const [record] = await up.calls({ direction: 'termination' });
    expect(record).toMatchObject({ outcomeCode: 'answered', hungUpBy: 'caller', source: { transport } });
  }, 60_000);

  it('is called, with audio both ways', async () => {
    const far = await createRtpPeer({ address: '127.0.0.2', frequencyHz: 880 });
    const before = phone.events.length;
    const call = pstn.invite({ to: NUMBER, from: '+442079460123', proxy: up.sip, sdp: far.sdp() });
    await call.answered();
    far.start(call.remoteSdp);
    await phone.event('CALL_ESTABLISHED', before);
    await far.hears(100);
    expect(tone(far.tone().frequencyHz)).toBe(440);
    expect((await call.bye()).status).toBe(200);
    await phone.event('CALL_CLOSED', before);
    await far.close();
    expect(tone(phone.heard().frequencyHz)).toBe(880);
    expect(await up.record(call.callId)).toMatchObject({ outcomeCode: 'answered', hungUpBy: 'caller' });
    await up.expectIdle();
  }, 60_000);

  it('has registered nowhere', () => {
    expect(phone.events.filter(({ type }) => type.startsWith('REGISTER'))).toEqual([]);
  });
});
