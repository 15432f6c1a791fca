// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { answerTo, onCallStage } from './test-kit/call-stage.ts';
import { sdp } from './test-kit/sip-peer.ts';

onCallStage('CANCEL against 200', (stage) => {
  it('a CANCEL that comes after our 200 changes nothing (RFC 3261 §9.2)', async () => {
    const { pbx, carrier, rig } = stage();
    const caller = stage().invite();
    const invite = await carrier.next('INVITE');
    const callee = carrier.answerer(invite);
    callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
    const ok = await pbx.next(answerTo('INVITE', 200));
    caller.cancel();
    await pbx.next(({ status, headers }) =>
      headers.some(([name, value]) => name === 'cseq' && value.endsWith('CANCEL') && status >= 200),
    );
    caller.ack(ok);
    await carrier.next('ACK');
    await stage().end({ caller, callee, invite, ok });
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'answered', hungUpBy: 'caller' });
  });

  // The two race through the engine; one wins, and nothing may be left over either way.
  it.each(Array.from({ length: 12 }, (_, turns) => turns))(
    'a CANCEL %i turns after the callee’s 200',
    async (turns) => {
      const { pbx, carrier, rig } = stage();
      const caller = stage().invite();
      const invite = await carrier.next('INVITE');
      const callee = carrier.answerer(invite);
      callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
      for (let i = 0; i < turns; i++) await new Promise(setImmediate);
      caller.cancel();
      const final = await pbx.next(
        (message) => answerTo('INVITE', 487)(message) || answerTo('INVITE', 200)(message),
      );
      caller.ack(final);
      await carrier.next('ACK');
      if (final.status === 200) {
        await stage().end({ caller, callee, invite, ok: final });
        expect(await rig.nextRecord()).toMatchObject({ status: 'completed', outcomeCode: 'answered' });
        return;
      }
      callee.reply(await carrier.next('BYE'), 200, 'OK');
      expect(await rig.nextRecord()).toMatchObject({
        status: 'canceled',
        sipStatus: 487,
        outcomeCode: 'caller-cancelled',
        hungUpBy: 'caller',
      });
    },
  );
});
