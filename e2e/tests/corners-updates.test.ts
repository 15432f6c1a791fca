// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { onDrachtio, type PeerMessage } from '../src/index.ts';
import { ANSWERED, callStage } from './call-stage.fixture.ts';

const sent = (message: PeerMessage | undefined): [number | undefined, string | undefined] => [
  message?.status,
  message?.header('Contact'),
];

/** UPDATE (RFC 3311), target refresh (RFC 3261 §12.2) and glare (§14.2) through `trunkline up`. */
describe('offers within a call', () => {
  const stage = callStage('embedded');
  const { place, arriving, connected, audible, expectRecord } = stage;
  const ends = ['caller', 'callee'] as const;

  it.each(ends)(
    'by UPDATE of the %s: as UPDATE to a peer that allows it, else as re-INVITE',
    async (end) => {
      const call = await connected();
      const [ours, theirs] = end === 'caller' ? [stage.near, stage.far] : [stage.far, stage.near];
      const other = call[end === 'caller' ? 'callee' : 'caller'];
      other.onRequest = ({ method }) => ({ status: 200, ...(method === 'UPDATE' && { sdp: theirs.sdp() }) });
      const update = await call[end].request('UPDATE', { body: ours.sdp({ version: 2 }) });
      expect(update.status).toBe(200);
      expect(update.body).toContain('m=audio');
      expect(update.header('Contact')).toMatch(/^<sip:.*@127\.0\.0\.1:/);
      // Of our peers the caller alone says Allow: UPDATE.
      expect(other.requestsOf(end === 'caller' ? 'INVITE' : 'UPDATE')).toHaveLength(1);
      await audible();
      await call.caller.bye();
      await expectRecord(call.caller, { ...ANSWERED, hungUpBy: 'caller' });
    },
    40_000,
  );

  it('before the answer, by UPDATE: an offer has to wait, a bare one is answered, both ways', async () => {
    const rung = Promise.withResolvers<undefined>();
    const answer = Promise.withResolvers<undefined>();
    const arrived = arriving(stage.pstn, async (call) => {
      call.ring();
      rung.resolve(undefined);
      await answer.promise;
      stage.far.start(call.remoteSdp);
      await call.answer(stage.far.sdp());
    });
    const caller = place();
    await caller.response(180);
    await rung.promise;
    const callee = await arrived;
    const bare = await caller.request('UPDATE');
    expect(sent(bare)).toEqual([200, expect.stringMatching(/^<sip:.*@127\.0\.0\.1:/)]);
    const offer = await caller.request('UPDATE', { body: stage.near.sdp({ version: 2 }) });
    // RFC 3311 §5.2: the caller's first offer has had no answer.
    expect(offer.status).toBe(500);
    expect(Number(offer.header('Retry-After'))).toBeLessThanOrEqual(10);
    const theirs = await callee.request('UPDATE');
    expect(sent(theirs)).toEqual([200, expect.stringMatching(/^<sip:.*@127\.0\.0\.1:/)]);
    expect(theirs.body).toBe('');
    expect((await callee.request('UPDATE', { body: stage.far.sdp({ version: 2 }) })).status).toBe(491);
    answer.resolve(undefined);
    await caller.answered();
    stage.near.start(caller.remoteSdp);
    await audible();
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 40_000);

  it('meet with 491 while one of the other side is open, and pass afterwards', async () => {
    const { caller, callee } = await connected();
    let crossing: Promise<PeerMessage> | undefined;
    callee.onReinvite = () => {
      // On its way before the answer to the first one.
      crossing ??= callee.reinvite(stage.far.sdp({ version: 2 }));
      return { status: 200, sdp: stage.far.sdp() };
    };
    const first = await caller.reinvite(stage.near.sdp({ version: 2 }));
    expect([first.status, (await crossing)?.status]).toEqual([200, 491]);
    expect((await callee.reinvite(stage.far.sdp({ version: 3 }))).status).toBe(200);
    await audible();
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 40_000);

  // drachtio-server stays with the first Contact.
  (onDrachtio ? it.skip : it).each(ends)(
    'move the %s to another address: what follows goes there',
    async (end) => {
      const { caller, callee } = await connected();
      const mover = end === 'caller' ? caller : callee;
      const phone = end === 'caller' ? stage.near : stage.far;
      stage.spare.onRequest = () => ({ status: 200 });
      const moved = await mover.reinvite(phone.sdp({ version: 2 }), {
        Contact: `<sip:moved@${stage.spare.hostPort}>`,
      });
      expect(moved.status).toBe(200);
      const other = end === 'caller' ? callee : caller;
      const info = await other.request('INFO', { body: 'x', contentType: 'text/plain' });
      expect(info.status).toBe(200);
      await stage.spare.waitFor(({ method }) => method === 'INFO', 'INFO at the new address');
      expect((await other.bye()).status).toBe(200);
      const bye = await stage.spare.waitFor(({ method }) => method === 'BYE', 'BYE at the new address');
      expect(bye.uri).toBe(`sip:moved@${stage.spare.hostPort}`);
      stage.spare.onRequest = undefined;
      stage.spare.seen.length = 0;
      await expectRecord(caller, { ...ANSWERED, hungUpBy: end === 'caller' ? 'callee' : 'caller' });
    },
    40_000,
  );
});
