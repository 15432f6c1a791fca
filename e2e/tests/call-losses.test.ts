// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../src/index.ts';
import { ANSWERED, CANCELLED, backends, callStage, isAnswer, losing } from './call-stage.fixture.ts';

describe.each(backends)('a message that is lost, with %s media', (media) => {
  const stage = callStage(media);
  const { place, arriving, connected, audible, recordOf, expectRecord } = stage;

  it('the INVITE, and the first 200 of the callee', async () => {
    const lost = losing(stage.pstn, 'in', ({ method }) => method === 'INVITE', 1);
    const { caller, callee } = await connected();
    expect(lost).toHaveLength(1);
    await caller.bye();
    await callee.ended();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });

    const answers = losing(stage.pstn, 'out', (message) => isAnswer(message, 200, 'INVITE'), 2);
    const second = await connected();
    expect(answers).toHaveLength(2);
    await second.caller.bye();
    await expectRecord(second.caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 30_000);

  it('the 200 to the caller: it is repeated', async () => {
    const lost = losing(stage.pbx, 'in', (message) => isAnswer(message, 200, 'INVITE'), 2);
    const { caller } = await connected();
    expect(lost).toHaveLength(2);
    expect(new Set(lost.map(String)).size).toBe(1);
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 30_000);

  it('the ACK of the caller: the 200 is repeated until it comes', async () => {
    const lost = losing(stage.pbx, 'out', ({ method }) => method === 'ACK', 2);
    const { caller } = await connected();
    await eventually(
      'the third 200',
      () => caller.responses.filter(({ status }) => status === 200).length >= 3,
    );
    expect(lost).toHaveLength(2);
    await audible();
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 30_000);

  it('every ACK of the caller: the call is ended on both sides', async () => {
    losing(stage.pbx, 'out', ({ method }) => method === 'ACK');
    const { caller, callee } = await connected();
    // 64 x T1 (RFC 3261 §13.3.1.4).
    await Promise.all([caller.ended(45_000), callee.ended(45_000)]);
    const repeated = caller.responses.filter(({ status }) => status === 200);
    expect(repeated.length).toBeGreaterThanOrEqual(3);
    await expectRecord(caller, {
      status: 'completed',
      sipStatus: 200,
      outcomeCode: 'ack-timeout',
      hungUpBy: 'trunkline',
    });
  }, 80_000);

  it('our ACK to the callee: it is sent again for each 200', async () => {
    const lost = losing(stage.pstn, 'in', ({ method }) => method === 'ACK', 2);
    const { caller, callee } = await connected();
    await eventually('the third ACK', () => callee.requestsOf('ACK').length > 0);
    expect(lost).toHaveLength(2);
    await caller.bye();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 30_000);

  it('the BYE of the caller and the answer to it', async () => {
    const { caller, callee } = await connected();
    losing(stage.pbx, 'out', ({ method }) => method === 'BYE', 1);
    expect((await caller.bye()).status).toBe(200);
    await callee.ended();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });

    const second = await connected();
    const answers = losing(stage.pbx, 'in', (message) => isAnswer(message, 200, 'BYE'), 2);
    expect((await second.caller.bye()).status).toBe(200);
    expect(answers).toHaveLength(2);
    await expectRecord(second.caller, { ...ANSWERED, hungUpBy: 'caller' });
  }, 30_000);

  it('the answer of the callee to our BYE: it is asked again', async () => {
    const { caller, callee } = await connected();
    const lost = losing(stage.pstn, 'out', (message) => isAnswer(message, 200, 'BYE'), 1);
    await caller.bye();
    await callee.ended();
    await expectRecord(caller, { ...ANSWERED, hungUpBy: 'caller' });
    expect(lost).toHaveLength(1);
  }, 30_000);

  it('every answer of the callee to our BYE: the call is over all the same, with a warning', async () => {
    const { caller } = await connected();
    losing(stage.pstn, 'out', (message) => isAnswer(message, 200, 'BYE'));
    expect((await caller.bye()).status).toBe(200);
    const before = Date.now();
    await expectRecord(caller, {
      ...ANSWERED,
      hungUpBy: 'caller',
      warnings: ['no answer to the BYE to the callee'],
    });
    // The record waits for the answer, the end of the call does not.
    const { endedAt } = await recordOf(caller);
    expect(Date.parse(endedAt)).toBeLessThan(before + 1_000);
  }, 40_000);

  it('the 487 to the caller: it is repeated until its ACK', async () => {
    void arriving(stage.pstn, (call) => {
      call.ring();
    });
    const lost = losing(stage.pbx, 'in', ({ status }) => status === 487, 2);
    const caller = place();
    await caller.response(180);
    await caller.cancel();
    expect((await caller.final()).status).toBe(487);
    expect(lost).toHaveLength(2);
    await expectRecord(caller, CANCELLED);
  }, 30_000);
});
