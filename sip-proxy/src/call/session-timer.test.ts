// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { answerTo, onCallStage } from './test-kit/call-stage.ts';
import { header, sdp, type PeerMessage } from './test-kit/sip-peer.ts';

const TIMER = { Supported: 'timer' };
const allowing = { Allow: 'INVITE, ACK, BYE, UPDATE' };
const expires = (message: PeerMessage): string => header(message, 'session-expires');

describe('session timers (RFC 4028)', () => {
  onCallStage('agreed with both sides', (stage) => {
    it('each on its own: the caller as it asks, the callee as it answers', async () => {
      const talk = await stage().talk({
        caller: { headers: { ...TIMER, 'Session-Expires': '600;refresher=uac' } },
        callee: { headers: { 'Session-Expires': '300;refresher=uas', Require: 'timer' } },
      });
      expect(expires(talk.invite)).toBe('1800');
      expect(header(talk.invite, 'min-se')).toBe('90');
      expect(header(talk.invite, 'supported')).toContain('timer');
      expect(expires(talk.ok)).toBe('600;refresher=uac');
      expect(header(talk.ok, 'require')).toBe('timer');
      await stage().end(talk);
      await stage().rig.nextRecord();
    });

    it('not with a caller that does not know them', async () => {
      const talk = await stage().talk();
      expect([expires(talk.ok), header(talk.ok, 'require')]).toEqual(['', '']);
      await stage().end(talk);
      await stage().rig.nextRecord();
    });

    it('is 422 to a caller that asks for too little', async () => {
      const { pbx, carrier, rig } = stage();
      const caller = stage().invite({
        body: sdp(10_000),
        headers: { ...TIMER, 'Session-Expires': '60' },
      });
      const refused = await pbx.next(422);
      caller.ack(refused);
      expect(header(refused, 'min-se')).toBe('90');
      expect(await rig.nextRecord()).toMatchObject({ sipStatus: 422, outcomeCode: 'bad-request' });
      expect(carrier.untaken).toEqual([]);
    });

    it('with a callee that wants more, in a second INVITE', async () => {
      const { pbx, carrier, rig } = stage();
      const caller = stage().invite();
      const first = await carrier.next('INVITE');
      carrier
        .answerer(first)
        .reply(first, 422, 'Session Interval Too Small', { headers: { 'Min-SE': '3600' } });
      await carrier.next('ACK');
      const second = await carrier.next('INVITE');
      expect([expires(second), header(second, 'min-se')]).toEqual(['3600', '3600']);
      const callee = carrier.answerer(second);
      callee.reply(second, 200, 'OK', { body: sdp(20_000) });
      const ok = await pbx.next(200);
      caller.ack(ok);
      await carrier.next('ACK');
      await stage().end({ caller, callee, invite: second, ok });
      const record = await rig.nextRecord();
      expect(record).toMatchObject({ outcomeCode: 'answered' });
      expect(record.attempts.map(({ status, outcome }) => [status, outcome])).toEqual([
        [422, 'next'],
        [200, 'answered'],
      ]);
    });

    it('with a callee that can never be satisfied, which is no concern of the caller', async () => {
      const { pbx, carrier, rig } = stage();
      const caller = stage().invite();
      for (const minimum of ['3600', '7200']) {
        const invite = await carrier.next('INVITE');
        carrier
          .answerer(invite)
          .reply(invite, 422, 'Session Interval Too Small', { headers: { 'Min-SE': minimum } });
        await carrier.next('ACK');
      }
      caller.ack(await pbx.next(503));
      expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'all-targets-failed' });
    });

    it('anew by each re-INVITE and UPDATE, both ways', async () => {
      const { pbx, carrier, rig } = stage();
      const talk = await stage().talk({
        caller: { headers: { ...TIMER, 'Session-Expires': '600;refresher=uac' } },
        callee: { headers: { 'Session-Expires': '300;refresher=uas' } },
      });
      talk.caller.request('INVITE', {
        body: sdp(30_000),
        headers: { ...TIMER, 'Session-Expires': '500;refresher=uac' },
      });
      const passed = await carrier.next('INVITE');
      // The parts on the other leg stay as they were.
      expect(expires(passed)).toBe('300;refresher=uas');
      talk.callee.reply(passed, 200, 'OK', {
        body: sdp(40_000),
        headers: { 'Session-Expires': '200;refresher=uas' },
      });
      const ok = await pbx.next(200);
      expect(expires(ok)).toBe('500;refresher=uac');
      talk.caller.ack(ok);
      await carrier.next('ACK');
      talk.callee.request('UPDATE', { headers: { ...TIMER, 'Session-Expires': '150;refresher=uac' } });
      const updated = await carrier.next(answerTo('UPDATE', 200));
      expect(expires(updated)).toBe('150;refresher=uac');
      expect(header(updated, 'contact')).not.toBe('');
      talk.callee.request('UPDATE', { headers: { ...TIMER, 'Session-Expires': '50' } });
      expect(header(await carrier.next(422), 'min-se')).toBe('90');
      await stage().end(talk);
      expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'answered', warnings: [] });
    });
  });

  onCallStage(
    'that run',
    (stage) => {
      it('are refreshed by us: UPDATE to who takes it, else the same offer again', async () => {
        const { pbx, carrier, rig } = stage();
        const talk = await stage().talk({
          caller: { headers: { ...TIMER, ...allowing, 'Session-Expires': '2;refresher=uas' } },
          callee: { headers: { 'Session-Expires': '2;refresher=uac' } },
        });
        rig.media.steps.length = 0;
        for (let times = 0; times < 2; times += 1) {
          const [update, invite] = await Promise.all([pbx.next('UPDATE'), carrier.next('INVITE')]);
          expect([update.body, expires(update)]).toEqual(['', '2;refresher=uac']);
          expect(header(update, 'contact')).toMatch(/^<sip:/);
          talk.caller.reply(update, 200, 'OK', { headers: { 'Session-Expires': '2;refresher=uac' } });
          expect(invite.body).toBe(talk.invite.body);
          talk.callee.reply(invite, 200, 'OK', {
            body: sdp(20_000),
            headers: { 'Session-Expires': '2;refresher=uac' },
          });
          await carrier.next('ACK');
        }
        expect(rig.media.steps).toEqual([]);
        await stage().end(talk);
        const record = await rig.nextRecord();
        expect(record).toMatchObject({ outcomeCode: 'answered', warnings: [] });
        expect(record.ladder.map(({ summary }) => summary)).toContain('UPDATE');
      });

      it('take the new media address that a re-INVITE of ours brings to light', async () => {
        const { pbx, carrier, rig } = stage();
        const talk = await stage().talk({
          caller: { headers: { ...TIMER, 'Session-Expires': '60' } },
          callee: { headers: { 'Session-Expires': '2;refresher=uac' } },
        });
        const seen: string[] = [];
        rig.media.beforeSdp = (step, body) => seen.push(`${step} ${/m=audio (\d+)/.exec(body)?.[1] ?? ''}`);
        talk.callee.reply(await carrier.next('INVITE'), 200, 'OK', { body: sdp(20_002) });
        await carrier.next('ACK');
        talk.callee.reply(await carrier.next('INVITE'), 200, 'OK', { body: sdp(20_002) });
        await carrier.next('ACK');
        rig.media.beforeSdp = () => undefined;
        expect(seen).toEqual(['offer caller 10000', 'answer callee 20002']);
        expect(pbx.untaken.filter(({ method }) => method !== '')).toEqual([]);
        await stage().end(talk);
        await rig.nextRecord();
      });

      it('end a call whose caller had to refresh and has vanished, on both legs', async () => {
        const { pbx, carrier, rig } = stage();
        const { caller, callee } = await stage().talk({
          caller: { headers: { ...TIMER, 'Session-Expires': '2;refresher=uac' } },
          callee: { headers: { 'Session-Expires': '60;refresher=uas' } },
        });
        const byes = await Promise.all([pbx.next('BYE'), carrier.next('BYE')]);
        for (const bye of byes) {
          expect(header(bye, 'reason')).toContain('Trunkline;cause=session-expired');
          expect(header(bye, 'reason')).toContain('the caller is gone: no refresh came');
        }
        caller.reply(byes[0], 200, 'OK');
        callee.reply(byes[1], 200, 'OK');
        expect(await rig.nextRecord()).toMatchObject({
          status: 'completed',
          outcomeCode: 'session-expired',
          hungUpBy: 'trunkline',
        });
      });

      it('end a call whose callee answers the refresh with 481', async () => {
        const { pbx, carrier, rig } = stage();
        const { caller, callee } = await stage().talk({
          caller: { headers: { ...TIMER, 'Session-Expires': '60' } },
          callee: { headers: { ...allowing, 'Session-Expires': '2;refresher=uac' } },
        });
        callee.reply(await carrier.next('UPDATE'), 481, 'Call/Transaction Does Not Exist');
        callee.reply(await carrier.next('BYE'), 481, 'Call/Transaction Does Not Exist');
        caller.reply(await pbx.next('BYE'), 200, 'OK');
        expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'session-expired' });
      });

      it('leave a peer alone that knows neither UPDATE nor a re-INVITE', async () => {
        const { carrier, rig } = stage();
        const talk = await stage().talk({
          caller: { headers: { ...TIMER, 'Session-Expires': '60' } },
          callee: { headers: { ...allowing, 'Session-Expires': '2;refresher=uac' } },
        });
        for (let times = 0; times < 2; times += 1) {
          talk.callee.reply(await carrier.next('UPDATE'), 501, 'Not Implemented');
          talk.callee.reply(await carrier.next('INVITE'), 488, 'Not Acceptable Here');
          await carrier.next('ACK');
        }
        await stage().end(talk);
        expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'answered' });
      });

      it('meet a re-INVITE of the other side with 491 while ours is under way', async () => {
        const { pbx, carrier, rig } = stage();
        const talk = await stage().talk({
          caller: { headers: { ...TIMER, 'Session-Expires': '60' } },
          callee: { headers: { 'Session-Expires': '2;refresher=uac' } },
        });
        const ours = await carrier.next('INVITE');
        talk.caller.request('INVITE', { body: sdp(30_000) });
        talk.caller.ack(await pbx.next(491));
        talk.callee.request('INVITE', { body: sdp(40_000) });
        talk.callee.ack(await carrier.next(491));
        talk.callee.reply(ours, 200, 'OK', { body: sdp(20_000) });
        await carrier.next('ACK');
        await stage().end(talk);
        await rig.nextRecord();
      });
    },
    { session: { interval: 60, min: 1 } },
  );
});
