// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createRtpPeer, type RtpPeer } from '@trunkline/media-relay/testing';
import {
  carrier,
  eventually,
  SipPeer,
  startTrunkline,
  sumByName,
  trunk,
  type IncomingCall,
  type OutgoingCall,
  type Trunkline,
} from '../src/index.ts';
import { backends, CALLEE_HZ, CALLER_HZ } from './call-stage.fixture.ts';

/** What the supervisor of `trunkline up` owes: the program comes back by itself, and the next call works. */
describe.each(backends)('a program that is killed in the middle of a call, with %s media', (media) => {
  let up: Trunkline;
  let pbx: SipPeer;
  let pstn: SipPeer;
  let near: RtpPeer;
  let far: RtpPeer;

  beforeAll(async () => {
    pbx = await SipPeer.open({ address: '127.0.0.3', name: 'pbx' });
    pstn = await SipPeer.open({ address: '127.0.0.2', name: 'pstn' });
    up = await startTrunkline({
      media,
      manifests: [
        ...trunk('acme', { acl: ['127.0.0.3/32'], numbers: ['+15550100'] }),
        carrier('pstn', [{ host: pstn.address, port: pstn.port }]),
      ],
    });
  }, 90_000);
  afterAll(async () => {
    await up.stop();
    await pbx.close();
    await pstn.close();
  }, 40_000);
  beforeEach(async () => {
    near = await createRtpPeer({ address: pbx.address, frequencyHz: CALLER_HZ });
    far = await createRtpPeer({ address: pstn.address, frequencyHz: CALLEE_HZ });
  });
  afterEach(async () => {
    await near.close();
    await far.close();
  });

  const connected = async (): Promise<{ caller: OutgoingCall; callee: IncomingCall }> => {
    const arrived = Promise.withResolvers<IncomingCall>();
    pstn.onInvite = async (call) => {
      arrived.resolve(call);
      far.start(call.remoteSdp);
      await call.answer(far.sdp());
    };
    const caller = pbx.invite({
      to: 'sip:+442079460123@acme.pstn.example.com',
      from: '+15550100',
      proxy: up.sip,
      sdp: near.sdp(),
    });
    await caller.answered();
    near.start(caller.remoteSdp);
    await Promise.all([near.hears(20), far.hears(20)]);
    return { caller, callee: await arrived.promise };
  };
  const metric = async (name: string) => sumByName(await (await fetch(up.metricsUrl)).text())[name];
  const kill = async (program: string) => {
    const before = up.log().length;
    process.kill(up.pids[program] ?? 0, 'SIGKILL');
    await eventually(`${program} to be back`, () => up.log().slice(before).includes(`${program} is back`), {
      timeoutMs: 30_000,
    });
    const said = up.log().slice(before);
    expect(said).toMatch(new RegExp(`${program} died \\(.*SIGKILL.*\\); starting it again in 200 ms`));
  };
  const nextCallWorks = async () => {
    const { caller, callee } = await connected();
    expect((await caller.bye()).status).toBe(200);
    await callee.ended();
    expect(await up.record(caller.callId)).toMatchObject({ outcomeCode: 'answered', hungUpBy: 'caller' });
  };

  it('the engine: the call is recorded as lost, its media is freed, the next call works', async () => {
    const { caller } = await connected();
    await kill('sip-engine');
    // The proxy looks for it again at least every two seconds.
    await eventually(
      'the proxy to be connected again',
      async () => (await metric('trunkline_engine_connected')) === 1,
    );
    const record = await up.record(caller.callId);
    expect(record).toMatchObject({ status: 'completed', outcomeCode: 'engine-lost', hungUpBy: 'trunkline' });
    await nextCallWorks();
    await up.expectIdle(30_000);
  }, 90_000);

  // rtpengine is not ours to start again.
  if (media === 'embedded') {
    it('the media relay: the call is ended on both sides, the next call works', async () => {
      const { caller, callee } = await connected();
      await kill('media-relay');
      await Promise.all([caller.ended(40_000), callee.ended(40_000)]);
      expect(await up.record(caller.callId)).toMatchObject({
        outcomeCode: 'media-timeout',
        hungUpBy: 'trunkline',
      });
      await nextCallWorks();
      await up.expectIdle(30_000);
    }, 120_000);
  }

  // The last one: the media of the call that nobody owns stays until a minute has passed without a packet.
  it('the proxy: audio goes on, each end that hangs up is answered, the next call works', async () => {
    const { caller, callee } = await connected();
    await kill('sip-proxy');
    await Promise.all([near.hears(20), far.hears(20)]);
    await nextCallWorks();
    // Nobody knows the call any more, but nobody is left without an answer.
    expect((await caller.bye()).status).toBe(481);
    expect((await callee.bye()).status).toBe(481);
    const settled = await eventually('all but that media to be idle', async () => {
      const { media: left, ...others } = await up.gauges();
      return Object.values(others).every((value) => value === 0) && left;
    });
    expect(settled).toBe(1);
  }, 90_000);
});
