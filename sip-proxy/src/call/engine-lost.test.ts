// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { onCallStage } from './test-kit/call-stage.ts';

onCallStage('the connection to the engine is lost', (stage) => {
  it('calls of every stage end at once, and calls go on when it is back', async () => {
    const { rig, pbx, carrier } = stage();
    await stage().talk();
    stage().invite();
    const ringing = await carrier.next('INVITE');
    carrier.answerer(ringing).reply(ringing, 180, 'Ringing');
    await pbx.next(180);
    const asked = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    rig.media.before = async () => {
      asked.resolve(undefined);
      await release.promise;
    };
    stage().invite();
    await asked.promise;
    expect(rig.registry.active).toBe(3);

    await rig.engine.stop();
    const records = [await rig.nextRecord(), await rig.nextRecord(), await rig.nextRecord()];
    expect(records.map(({ outcomeCode, hungUpBy }) => `${outcomeCode} ${hungUpBy}`)).toEqual(
      Array(3).fill('engine-lost trunkline'),
    );
    expect(records.map(({ sipStatus }) => sipStatus).toSorted()).toEqual([0, 0, 200]);
    const [ended] = records.filter(({ answeredAt, attempts }) => !answeredAt && attempts.length > 0);
    expect(ended?.attempts).toMatchObject([{ outcome: 'cancelled' }]);
    release.resolve(undefined);
    rig.media.before = () => undefined;

    await rig.restartEngine();
    const caller = stage().invite();
    const invite = await carrier.next('INVITE');
    carrier.answerer(invite).reply(invite, 486, 'Busy Here');
    caller.ack(await pbx.next(486));
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'final-answer', sipStatus: 486 });
  });
});
