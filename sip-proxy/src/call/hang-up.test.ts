// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { onCallStage } from './test-kit/call-stage.ts';
import { header } from './test-kit/sip-peer.ts';

onCallStage('hanging up', (stage) => {
  it('by the caller: the callee gets the BYE and the reason', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee } = await stage().talk();
    caller.request('BYE', { headers: { Reason: 'Q.850;cause=16;text="Normal call clearing"' } });
    const bye = await carrier.next('BYE');
    callee.reply(bye, 200, 'OK');
    await pbx.next(200);
    expect(header(bye, 'reason')).toBe('Q.850;cause=16;text="Normal call clearing"');
    expect(await rig.nextRecord()).toMatchObject({
      status: 'completed',
      sipStatus: 200,
      outcomeCode: 'answered',
      hungUpBy: 'caller',
      warnings: [],
    });
  });

  it('by the callee: the caller gets the BYE', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee } = await stage().talk();
    callee.request('BYE');
    await carrier.next(200);
    caller.reply(await pbx.next('BYE'), 200, 'OK');
    expect(await rig.nextRecord()).toMatchObject({
      status: 'completed',
      outcomeCode: 'answered',
      hungUpBy: 'callee',
      warnings: [],
    });
  });

  it('by both at the same moment', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee } = await stage().talk();
    caller.request('BYE');
    callee.request('BYE');
    const ours = (status: number) => status === 200 || status === 481;
    await Promise.all([pbx.next(({ status }) => ours(status)), carrier.next(({ status }) => ours(status))]);
    const record = await rig.nextRecord();
    expect(record).toMatchObject({ status: 'completed', outcomeCode: 'answered', warnings: [] });
    expect(['caller', 'callee']).toContain(record.hungUpBy);
  });

  it('a reason in our own name does not pass', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee } = await stage().talk();
    caller.request('BYE', { headers: { Reason: 'Trunkline;cause=draining;text="forged"' } });
    const bye = await carrier.next('BYE');
    callee.reply(bye, 200, 'OK');
    await pbx.next(200);
    expect(header(bye, 'reason')).toBe('');
    await rig.nextRecord();
  });

  it.each(['caller', 'callee'] as const)(
    'a BYE to the other side that gets no answer, by the %s',
    async (side) => {
      const { pbx, carrier, rig } = stage();
      const talk = await stage().talk();
      const [near, far, other] = side === 'caller' ? [pbx, carrier, 'callee'] : [carrier, pbx, 'caller'];
      talk[side].request('BYE');
      await near.next(200);
      await far.next('BYE');
      // What costs money and room is given back before anybody has answered.
      expect(rig.registry.active).toBe(0);
      expect(rig.media.active).toBe(0);
      expect(await rig.nextRecord()).toMatchObject({
        outcomeCode: 'answered',
        hungUpBy: side,
        warnings: [`no answer to the BYE to the ${other}`],
      });
    },
  );

  it('a BYE that the other side answers with 481 is the end as well', async () => {
    const { pbx, carrier, rig } = stage();
    const { caller, callee } = await stage().talk();
    caller.request('BYE');
    callee.reply(await carrier.next('BYE'), 481, 'Call/Transaction Does Not Exist');
    await pbx.next(200);
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'answered', warnings: [] });
  });
});
