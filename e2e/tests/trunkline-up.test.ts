// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRtpPeer, type RtpPeer } from '@trunkline/media-relay/testing';
import {
  carrier,
  requireProgram,
  runSipp,
  SipPeer,
  startSipp,
  startTrunkline,
  trunk,
  type MediaBackend,
  type Trunkline,
} from '../src/index.ts';

const backends: MediaBackend[] = requireProgram('rtpengine') ? ['embedded', 'rtpengine'] : ['embedded'];
const users = { pbx: 'Demo-Password-1' };

/** One call each way with audio: what everything else stands on. */
describe.each(backends)('trunkline up with %s media', (media) => {
  let up: Trunkline;
  let pbx: SipPeer;
  let pstn: SipPeer;
  const phones: RtpPeer[] = [];
  const phone = async (address: string, frequencyHz: number) => {
    const opened = await createRtpPeer({ address, frequencyHz });
    phones.push(opened);
    return opened;
  };

  beforeAll(async () => {
    pbx = await SipPeer.open({ address: '127.0.0.3', name: 'pbx' });
    pstn = await SipPeer.open({ address: '127.0.0.2', name: 'pstn' });
    const resources = [
      ...trunk('acme', { acl: ['127.0.0.3/32'], users, numbers: ['+15550100'], targets: [pbx.uri] }),
      carrier('pstn', [{ host: pstn.address, port: pstn.port }]),
    ];
    up = await startTrunkline({ manifests: resources, media });
  }, 90_000);
  afterAll(async () => {
    for (const opened of phones) await opened.close();
    await up.stop();
    await pbx.close();
    await pstn.close();
  }, 30_000);

  const heard = async (one: RtpPeer, other: RtpPeer) => {
    await Promise.all([one.hears(30), other.hears(30)]);
    expect(Math.round(one.tone().frequencyHz / 20) * 20).toBe(880);
    expect(Math.round(other.tone().frequencyHz / 20) * 20).toBe(440);
  };

  it('carries a call to the carrier, with audio both ways', async () => {
    const [near, far] = [await phone('127.0.0.3', 440), await phone('127.0.0.2', 880)];
    pstn.onInvite = async (call) => {
      call.ring();
      far.start(call.remoteSdp);
      await call.answer(far.sdp());
    };
    const call = pbx.invite({
      to: 'sip:+15550111@acme.pstn.example.com',
      from: '+15550100',
      proxy: up.sip,
      sdp: near.sdp(),
      auth: { username: 'pbx', password: users.pbx },
    });
    await call.answered();
    near.start(call.remoteSdp);
    await heard(near, far);
    expect((await call.bye()).status).toBe(200);
    const record = await up.record(call.callId);
    expect(record).toMatchObject({
      direction: 'termination',
      status: 'completed',
      outcomeCode: 'answered',
      hungUpBy: 'caller',
    });
    expect(record.media?.packetsFromCaller).toBeGreaterThan(20);
    expect(record.media?.packetsFromCallee).toBeGreaterThan(20);
    await up.expectIdle();
  }, 30_000);

  it('carries a call from the carrier, with audio both ways', async () => {
    const [near, far] = [await phone('127.0.0.3', 440), await phone('127.0.0.2', 880)];
    pbx.onInvite = async (call) => {
      near.start(call.remoteSdp);
      await call.answer(near.sdp());
      await call.ended();
    };
    const call = pstn.invite({
      to: '+15550100',
      from: '+442079460123',
      proxy: up.sip,
      sdp: far.sdp(),
    });
    await call.answered();
    far.start(call.remoteSdp);
    await heard(near, far);
    expect((await call.bye()).status).toBe(200);
    expect(await up.record(call.callId)).toMatchObject({
      direction: 'origination',
      to: '+15550100',
      outcomeCode: 'answered',
    });
    await up.expectIdle();
  }, 30_000);

  it('is driven by SIPp, and lists the calls', async () => {
    const callee = await startSipp({ scenario: 'uas-answer', address: '127.0.0.2' });
    up.writeManifest('carrier.yaml', [
      carrier('second', [{ host: '127.0.0.2', port: callee.port }], { prefixes: ['+44'] }),
    ]);
    await up.waitApplied();
    const result = await runSipp({
      scenario: 'uac-digest',
      address: '127.0.0.3',
      target: up.sip,
      keys: { to: '+442079460123', from: '+15550100', domain: 'acme.pstn.example.com' },
      auth: { username: 'pbx', password: users.pbx },
      calls: 10,
      rate: 10,
      pauseMs: 200,
    });
    expect(result).toMatchObject({ exitCode: 0, successful: 10, failed: 0, errors: '' });
    expect(await callee.stop()).toMatchObject({ successful: 10 });
    await up.expectIdle();
    expect(
      await up.calls({ number: '+442079460123', status: 'completed', direction: 'termination' }),
    ).toHaveLength(10);
  }, 60_000);
});
