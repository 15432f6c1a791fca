// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { createRtpPeer } from '@trunkline/media-relay/testing';
import { mediaOf } from '../src/index.ts';
import { ANSWERED, CALLEE_HZ, CALLER_HZ, backends, callStage, heard } from './call-stage.fixture.ts';

describe.each(backends)('hold and resume with %s media', (media) => {
  const stage = callStage(media);
  const { connected, audible, recordOf, expectRecord } = stage;

  const ends = ['caller', 'callee'] as const;

  it.each(ends)(
    'by the %s',
    async (end) => {
      const call = await connected();
      const holder = call[end];
      const other = call[end === 'caller' ? 'callee' : 'caller'];
      const [ours, theirs] = end === 'caller' ? [stage.near, stage.far] : [stage.far, stage.near];
      const directions: string[] = [];
      other.onReinvite = (request) => {
        const { direction } = mediaOf(request.body);
        directions.push(direction);
        const answer = ({ sendonly: 'recvonly', inactive: 'inactive' } as const)[direction] ?? 'sendrecv';
        return { status: 200, sdp: theirs.sdp({ direction: answer, version: directions.length + 1 }) };
      };

      const held = await holder.reinvite(ours.sdp({ direction: 'sendonly', version: 2 }));
      expect([held.status, mediaOf(held.body).direction]).toEqual([200, 'recvonly']);
      const silent = await holder.reinvite(ours.sdp({ direction: 'inactive', version: 3 }));
      expect([silent.status, mediaOf(silent.body).direction]).toEqual([200, 'inactive']);
      const resumed = await holder.reinvite(ours.sdp({ version: 4 }));
      expect([resumed.status, mediaOf(resumed.body).direction]).toEqual([200, 'sendrecv']);
      expect(directions).toEqual(['sendonly', 'inactive', 'sendrecv']);
      stage.near.start(call.caller.remoteSdp);
      stage.far.start(call.callee.remoteSdp);
      await audible();
      await call.caller.bye();
      await expectRecord(call.caller, { ...ANSWERED, hungUpBy: 'caller' });
    },
    40_000,
  );

  it.each(ends)(
    'is refused to the %s where the other side refuses; the call goes on',
    async (end) => {
      const call = await connected();
      call[end === 'caller' ? 'callee' : 'caller'].onReinvite = () => ({ status: 488 });
      const [ours] = end === 'caller' ? [stage.near] : [stage.far];
      const refused = await call[end].reinvite(ours.sdp({ direction: 'sendonly', version: 2 }));
      expect(refused.status).toBe(488);
      await audible();
      expect((await call[end].bye()).status).toBe(200);
      await expectRecord(call.caller, { ...ANSWERED, hungUpBy: end });
    },
    30_000,
  );

  it('moves the audio to another port of the caller', async () => {
    const { caller } = await connected();
    const moved = await createRtpPeer({ address: stage.pbx.address, frequencyHz: CALLER_HZ });
    try {
      stage.near.stop();
      expect((await caller.reinvite(moved.sdp({ version: 2 }))).status).toBe(200);
      moved.start(caller.remoteSdp);
      await Promise.all([heard(moved, CALLEE_HZ), heard(stage.far, CALLER_HZ)]);
      await caller.bye();
      await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    } finally {
      await moved.close();
    }
  }, 30_000);

  it('by both at once: one of them has to wait, and the call goes on', async () => {
    const { caller, callee } = await connected();
    const answers = await Promise.all([
      caller.reinvite(stage.near.sdp({ version: 2 })),
      callee.reinvite(stage.far.sdp({ version: 2 })),
    ]);
    const statuses = answers.map(({ status }) => status);
    for (const status of statuses) expect([200, 491, 500]).toContain(status);
    await audible();
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 30_000);

  it('ends the call where the other side does not know it any more', async () => {
    const { caller, callee } = await connected();
    callee.onReinvite = () => ({ status: 481 });
    await caller.reinvite(stage.near.sdp({ direction: 'sendonly', version: 2 }));
    await caller.ended();
    const record = await recordOf(caller);
    expect(record).toMatchObject({
      status: 'completed',
      outcomeCode: 'dialog-lost',
      hungUpBy: 'trunkline',
    });
  }, 30_000);
});
