// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { onDrachtio } from '../src/index.ts';
import { ANSWERED, CANCELLED, callStage, outcomes } from './call-stage.fixture.ts';

const reliable = onDrachtio ? it.skip : it;

/** Extensions: what is required of us, what is done to us unasked, and what is refused. */
describe('extensions, through trunkline up', () => {
  const stage = callStage('embedded');
  const { place, arriving, connected, audible, expectRecord } = stage;

  it.each([
    ['precondition', 'precondition'],
    ['timer, gruu, replaces', 'gruu, replaces'],
    // drachtio-server 0.9 crashes where a PRACK does not come: nothing is sent reliably there.
    ...(onDrachtio ? [['100rel', '100rel']] : []),
  ])(
    'that are required and not there are 420: %s',
    async (required, unsupported) => {
      const caller = place({ headers: { Require: required } });
      const refused = await caller.final();
      expect([refused.status, refused.header('Unsupported')]).toEqual([420, unsupported]);
      expect(refused.trunklineCause).toBe('bad-request');
      await expectRecord(caller, { status: 'failed', sipStatus: 420, attempts: [] });
      expect(stage.pstn.received('INVITE').filter(({ callId }) => callId === caller.callId)).toEqual([]);
    },
    20_000,
  );

  it('are 420 within a call too, which goes on', async () => {
    const { caller, callee } = await connected();
    const refused = await callee.request('INFO', { headers: { Require: 'x-unknown' } });
    expect([refused.status, refused.header('Unsupported')]).toEqual([420, 'x-unknown']);
    expect(caller.requestsOf('INFO')).toEqual([]);
    await audible();
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 30_000);

  it('Replaces takes over no call and makes none', async () => {
    const { caller, callee } = await connected();
    const value = `${caller.callId};to-tag=a;from-tag=${caller.localTag}`;
    const second = place({ headers: { Replaces: value } });
    const refused = await second.final();
    expect([refused.status, refused.trunklineCause]).toEqual([481, 'replaces-refused']);
    await expectRecord(second, {
      status: 'failed',
      sipStatus: 481,
      outcomeCode: 'replaces-refused',
      attempts: [],
    });
    await audible();
    await callee.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'callee' });
  }, 30_000);

  it('are told to who asks by OPTIONS', async () => {
    const answer = await stage.pbx.request({
      method: 'OPTIONS',
      uri: 'sip:acme.pstn.example.com',
      proxy: stage.up.sip,
    });
    expect([answer.status, answer.header('Supported')]).toEqual([
      200,
      onDrachtio ? 'timer' : 'timer, 100rel',
    ]);
  }, 20_000);

  reliable(
    '100rel of the caller: each 18x is repeated until its PRACK, and the 200 waits (RFC 3262)',
    async () => {
      const arrived = arriving(stage.pstn, async (call) => {
        stage.far.start(call.remoteSdp);
        call.ring(183, { sdp: stage.far.sdp() });
        call.ring(180);
        await call.answer(stage.far.sdp());
      });
      const caller = place({ headers: { Require: '100rel' } });
      const statuses = () => caller.responses.map(({ status }) => status).filter((status) => status > 100);
      const early = await caller.response(183);
      expect(early.header('Require')).toBe('100rel');
      stage.near.start(early.body);
      await arrived;
      await stage.pbx.waitFor(
        (message) => message.status === 183 && message !== early && message.callId === caller.callId,
        'the 183 once more',
      );
      expect(new Set(statuses())).toEqual(new Set([183]));
      expect((await caller.prack(early)).status).toBe(200);
      const ringing = await caller.response(180);
      expect(Number(ringing.header('RSeq'))).toBe(Number(early.header('RSeq')) + 1);
      expect(statuses()).not.toContain(200);
      expect((await caller.prack(early)).status).toBe(481);
      expect((await caller.prack(ringing)).status).toBe(200);
      await caller.answered();
      await audible();
      await caller.bye();
      await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    },
    30_000,
  );

  reliable(
    '100rel of a caller that makes no offer: no 18x, which would have to make one',
    async () => {
      const arrived = arriving(stage.pstn, async (call) => {
        call.ring();
        const ack = await call.answer(stage.far.sdp());
        stage.far.start(ack.body);
      });
      const caller = place({ sdp: undefined as never, autoAck: false, headers: { Require: '100rel' } });
      const answer = await caller.answered();
      expect(caller.responses.filter(({ status }) => status > 100 && status < 200)).toEqual([]);
      caller.ack(stage.near.sdp());
      stage.near.start(answer.body);
      await audible();
      await caller.bye();
      await (await arrived).ended();
      await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    },
    30_000,
  );

  reliable(
    '100rel of a caller that gives up',
    async () => {
      const arrived = arriving(stage.pstn, (call) => {
        call.ring(183, { sdp: stage.far.sdp() });
      });
      const caller = place({ headers: { Require: '100rel' } });
      await caller.response(183);
      await caller.cancel();
      expect((await caller.final()).status).toBe(487);
      await (await arrived).cancelled();
      await expectRecord(caller, CANCELLED);
    },
    30_000,
  );

  reliable(
    '100rel of a caller that never says PRACK',
    async () => {
      const ringing = arriving(stage.pstn, (call) => {
        call.ring();
      });
      const silent = place({ headers: { Require: '100rel' } });
      await silent.response(180);
      const given = await silent.final(45_000);
      expect([given.status, given.trunklineCause]).toEqual([504, 'ack-timeout']);
      await (await ringing).cancelled();
      await expectRecord(silent, { sipStatus: 504, outcomeCode: 'ack-timeout', hungUpBy: 'trunkline' });
    },
    80_000,
  );

  it('a reliable 183 that we have not asked for gets its PRACK (RFC 3262 §4), and early media', async () => {
    const reliable = { Require: '100rel', RSeq: '4711' };
    const pracked = Promise.withResolvers<undefined>();
    const arrived = arriving(stage.pstn, async (call) => {
      call.onRequest = ({ method }) => {
        if (method === 'PRACK') pracked.resolve(undefined);
        return { status: 200 };
      };
      stage.far.start(call.remoteSdp);
      call.ring(183, { sdp: stage.far.sdp(), headers: reliable });
      await pracked.promise;
      await call.answer(stage.far.sdp());
    });
    const caller = place();
    const early = await caller.response(183);
    // Between the callee and us alone.
    expect([early.header('RSeq'), early.header('Require')]).toEqual(['', '']);
    await caller.answered();
    stage.near.start(caller.remoteSdp);
    const callee = await arrived;
    const [prack] = callee.requestsOf('PRACK');
    expect(prack?.header('RAck')).toBe(`4711 ${callee.invite.cseq.number} INVITE`);
    await audible();
    await callee.bye();
    const record = await expectRecord(caller, { ...ANSWERED, hungUpBy: 'callee' });
    expect(outcomes(record)).toEqual([[200, 'answered']]);
  }, 30_000);
});
