// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CALLED, CARRIER_ADDRESS, fixtureConfig, TERMINATION_HOST } from './test-kit/edge-fixture.ts';
import { expectNothingLeft, onCallStage, SHORT_WAITS } from './test-kit/call-stage.ts';
import { startRig, type Rig } from './test-kit/rig.ts';
import { header, sdp, SipPeer, type PeerCall, type PeerMessage } from './test-kit/sip-peer.ts';

// A peer that waits in vain says so first.
jest.setTimeout(20_000);

describe('a caller that gives up', () => {
  let rig: Rig;
  let pbx: SipPeer;
  let first: SipPeer;
  let second: SipPeer;
  let before: number;

  beforeAll(async () => {
    rig = await startRig({ config: fixtureConfig({ gateways: [] }), t1x64: 700, settleLimitMs: 3_000 });
  }, 30_000);
  afterAll(() => rig.stop());
  beforeEach(async () => {
    pbx = await SipPeer.open();
    first = await SipPeer.open(CARRIER_ADDRESS);
    second = await SipPeer.open(CARRIER_ADDRESS);
    rig.configure(fixtureConfig({ gateways: [first, second] }));
    before = rig.records.length;
  });
  afterEach(async () => {
    rig.media.before = () => undefined;
    for (const peer of [pbx, first, second]) peer.close();
    await expectNothingLeft(rig);
    expect(rig.records).toHaveLength(before + 1);
  });

  const call = () =>
    pbx.invite({ uri: `sip:${CALLED}@${TERMINATION_HOST}`, via: rig.engine.sip }, { body: sdp(10_000) });

  const giveUp = async (caller: PeerCall, headers: Record<string, string> = {}) => {
    caller.cancel({ headers });
    await pbx.next(200);
    caller.ack(await pbx.next(487));
    // The engine answers by itself; the application hears of it on another connection, at its own time.
    while (rig.registry.active > 0) await new Promise(setImmediate);
  };

  /** What the application has sent before this reaches its peer before the answer reaches us. */
  const roundTrip = async () => {
    pbx.options({ uri: `sip:${TERMINATION_HOST}`, via: rig.engine.sip });
    await pbx.next(200);
  };

  const cancelled = {
    status: 'canceled',
    sipStatus: 487,
    outcomeCode: 'caller-cancelled',
    hungUpBy: 'caller',
  };

  const endRinging = async (peer: SipPeer, invite: PeerMessage) => {
    const cancel = await peer.next('CANCEL');
    const callee = peer.answerer(invite);
    callee.reply(cancel, 200, 'OK');
    callee.reply(invite, 487, 'Request Terminated');
    await peer.next('ACK');
    return cancel;
  };

  it('while the callee rings', async () => {
    const caller = call();
    const invite = await first.next('INVITE');
    first.answerer(invite).reply(invite, 180, 'Ringing');
    await pbx.next(180);
    await giveUp(caller, { Reason: 'SIP;cause=200;text="Call completed elsewhere"' });
    const cancel = await endRinging(first, invite);
    expect(header(cancel, 'reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    const record = await rig.nextRecord();
    expect(record).toMatchObject(cancelled);
    expect(record.attempts).toMatchObject([{ status: 487, outcome: 'cancelled' }]);
    expect(second.untaken).toEqual([]);
  });

  it('before the callee has said anything: CANCEL waits for the first answer', async () => {
    const caller = call();
    const invite = await first.next('INVITE');
    await giveUp(caller);
    first.answerer(invite).reply(invite, 180, 'Ringing');
    await endRinging(first, invite);
    expect(await rig.nextRecord()).toMatchObject(cancelled);
  });

  it('and the callee never says anything', async () => {
    const caller = call();
    await first.next('INVITE');
    await giveUp(caller);
    expect(await rig.nextRecord()).toMatchObject(cancelled);
    expect(second.untaken).toEqual([]);
  });

  it('at the moment when the callee answers: the answered leg is hung up', async () => {
    const caller = call();
    const invite = await first.next('INVITE');
    const callee = first.answerer(invite);
    callee.reply(invite, 180, 'Ringing');
    await pbx.next(180);
    await giveUp(caller);
    const cancel = await first.next('CANCEL');
    callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
    callee.reply(cancel, 200, 'OK');
    await first.next('ACK');
    callee.reply(await first.next('BYE'), 200, 'OK');
    expect(await rig.nextRecord()).toMatchObject(cancelled);
  });

  it('while the media node is asked for the offer: no target is called', async () => {
    const offered = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    rig.media.before = async () => {
      offered.resolve(undefined);
      await release.promise;
    };
    const caller = call();
    await offered.promise;
    await giveUp(caller);
    release.resolve(undefined);
    const record = await rig.nextRecord();
    expect(record).toMatchObject(cancelled);
    expect(record.attempts).toEqual([]);
    await roundTrip();
    expect(first.untaken).toEqual([]);
  });

  it('while the media node is asked for the answer: the answered leg is hung up', async () => {
    const caller = call();
    const invite = await first.next('INVITE');
    const asked = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    rig.media.before = async () => {
      asked.resolve(undefined);
      await release.promise;
    };
    const callee = first.answerer(invite);
    callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
    await asked.promise;
    await giveUp(caller);
    release.resolve(undefined);
    callee.reply(await first.next('BYE'), 200, 'OK');
    expect(await rig.nextRecord()).toMatchObject(cancelled);
  });

  it('between two targets', async () => {
    const caller = call();
    const invite = await first.next('INVITE');
    const early = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    rig.media.before = async () => {
      early.resolve(undefined);
      await release.promise;
    };
    const callee = first.answerer(invite);
    callee.reply(invite, 183, 'Session Progress', { body: sdp(20_000) });
    await early.promise;
    callee.reply(invite, 503, 'Service Unavailable');
    await first.next('ACK');
    await giveUp(caller);
    release.resolve(undefined);
    expect(await rig.nextRecord()).toMatchObject(cancelled);
    expect(second.untaken).toEqual([]);
  });
});

onCallStage(
  'a caller that gives up',
  (stage) => {
    it('and the callee does not answer the CANCEL: the record does not wait for ever', async () => {
      const { pbx, carrier, rig } = stage();
      const caller = stage().invite();
      const invite = await carrier.next('INVITE');
      carrier.answerer(invite).reply(invite, 180, 'Ringing');
      await pbx.next(180);
      caller.cancel();
      caller.ack(await pbx.next(487));
      await carrier.next('CANCEL');
      const record = await rig.nextRecord();
      expect(record).toMatchObject({
        status: 'canceled',
        outcomeCode: 'caller-cancelled',
        hungUpBy: 'caller',
      });
      expect(record.attempts).toMatchObject([{ outcome: 'cancelled' }]);
    });
  },
  SHORT_WAITS,
);
