// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { tagOf, type PeerMessage } from '../src/index.ts';
import { ANSWERED, callStage, outcomes } from './call-stage.fixture.ts';

const TIMER = { Supported: 'timer' };
const expires = (message: PeerMessage): string => message.header('Session-Expires');
/** Our refresh of the shortest session: 0.4 x 90 s. */
const REFRESH_MS = 36_000;

/** RFC 4028, each leg on its own; what takes longer than a refresh is tested with a clock that can be moved (sip-proxy). */
describe('session timers through trunkline up', () => {
  const stage = callStage('embedded');
  const { place, arriving, connected, audible, recordOf, expectRecord } = stage;

  it('are 422 under 90 s, and agreed when the caller asks again', async () => {
    const short = place({ headers: { ...TIMER, 'Session-Expires': '60' } });
    const refused = await short.final();
    expect([refused.status, refused.header('Min-SE')]).toEqual([422, '90']);
    expect(refused.trunklineCause).toBe('bad-request');
    expect(await recordOf(short)).toMatchObject({ status: 'failed', sipStatus: 422, attempts: [] });

    const { caller } = await connected({ headers: { ...TIMER, 'Session-Expires': '90', 'Min-SE': '90' } });
    const answer = await caller.answered();
    expect(expires(answer)).toBe('90;refresher=uac');
    expect(answer.header('Require')).toBe('timer');
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 40_000);

  it('are refreshed by the peers, by UPDATE and by re-INVITE, and end with the call', async () => {
    const arrived = arriving(stage.pstn, async (call) => {
      expect(expires(call.invite)).toBe('1800');
      expect(call.invite.header('Min-SE')).toBe('90');
      stage.far.start(call.remoteSdp);
      await call.answer(stage.far.sdp(), {
        headers: { ...TIMER, Require: 'timer', 'Session-Expires': '300;refresher=uas' },
      });
    });
    const caller = place({ headers: { ...TIMER, 'Session-Expires': '600;refresher=uac' } });
    await caller.answered();
    stage.near.start(caller.remoteSdp);
    const callee = await arrived;
    const update = await caller.request('UPDATE', {
      headers: { ...TIMER, 'Session-Expires': '600;refresher=uac' },
    });
    expect([update.status, expires(update)]).toEqual([200, '600;refresher=uac']);
    expect(callee.requestsOf('UPDATE')).toEqual([]);
    const reinvite = await callee.reinvite(stage.far.sdp(), {
      ...TIMER,
      'Session-Expires': '300;refresher=uac',
    });
    expect([reinvite.status, expires(reinvite)]).toEqual([200, '300;refresher=uac']);
    // What the caller has agreed to is its own.
    expect(expires(caller.requestsOf('INVITE')[0] as PeerMessage)).toBe('600;refresher=uas');
    const short = await callee.request('UPDATE', { headers: { ...TIMER, 'Session-Expires': '30' } });
    expect([short.status, short.header('Min-SE')]).toEqual([422, '90']);
    await audible();
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 40_000);

  it('meet a carrier that wants longer ones with a second INVITE', async () => {
    let tries = 0;
    stage.pstn.onInvite = async (call) => {
      tries += 1;
      if (tries === 1) await call.reject(422, { headers: { 'Min-SE': '7200' } });
      else {
        expect([expires(call.invite), call.invite.header('Min-SE')]).toEqual(['7200', '7200']);
        await call.answer(stage.far.sdp(), { headers: { 'Session-Expires': '7200;refresher=uas' } });
      }
    };
    const caller = place();
    await caller.answered();
    await caller.bye();
    const record = await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    expect(outcomes(record)).toEqual([
      [422, 'next'],
      [200, 'answered'],
    ]);
  }, 40_000);

  it('are refreshed by us, and a callee that has forgotten the call ends it', async () => {
    const answers = { headers: { ...TIMER, 'Session-Expires': '90;refresher=uac' } };
    const arrived = arriving(stage.pstn, async (call) => {
      stage.far.start(call.remoteSdp);
      await call.answer(stage.far.sdp(), answers);
    });
    const caller = place({ headers: { ...TIMER, 'Session-Expires': '90;refresher=uas' } });
    await caller.answered();
    stage.near.start(caller.remoteSdp);
    const callee = await arrived;

    const forgetful = arriving(stage.pstn, (call) => {
      call.onReinvite = () => ({ status: 481 });
      void call.answer(stage.far.sdp(), answers);
    });
    const doomed = place();
    await doomed.answered();

    const bye = await doomed.ended(REFRESH_MS + 15_000);
    expect(bye.trunklineCause).toBe('session-expired');
    await (await forgetful).ended();
    // By now the other call has been refreshed on both sides: UPDATE to who allows it, else the same offer.
    const [update] = caller.requestsOf('UPDATE');
    expect([update?.body, update && expires(update)]).toEqual(['', '90;refresher=uac']);
    const isRefresh = (message: PeerMessage) =>
      message.method === 'INVITE' && message.callId === callee.callId && tagOf(message.header('To')) !== '';
    const reinvite = await stage.pstn.waitFor(isRefresh, 'our refresh of the callee');
    expect(reinvite.body).toBe(callee.invite.body);
    await audible();
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    await expectRecord(doomed, {
      status: 'completed',
      outcomeCode: 'session-expired',
      hungUpBy: 'trunkline',
    });
  }, 90_000);
});
