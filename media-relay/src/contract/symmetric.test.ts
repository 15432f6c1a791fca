// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, jest } from '@jest/globals';
import { call, hearsNothing, talk } from './call-on-stage.ts';
import { onEachBackend } from './contract.ts';

/** Learning settles 3 s after the last signalling; rtpengine counts in whole seconds. */
const SETTLED_MS = 4300;

jest.setTimeout(20_000);

onEachBackend('symmetric RTP', (stage) => {
  /** A caller whose SDP shows one port (X) and who sends from another (Y), as behind NAT. */
  async function natted(symmetric: boolean) {
    const shown = await stage().peer();
    const legs = await call(stage(), { caller: symmetric }, { port: shown.port });
    talk(legs);
    return { ...legs, shown };
  }

  it('on: media goes to where media comes from, at once', async () => {
    const { caller, shown, session } = await natted(true);
    await caller.hears(10, 1500);
    expect(await hearsNothing(shown)).toBe(true);
    await session.close();
  });

  it('on: once settled, another source is neither followed nor heard', async () => {
    const { caller, callee, session, toCaller } = await natted(true);
    await delay(SETTLED_MS);
    caller.stop();
    const intruder = await stage().peer({ frequencyHz: 1200 });
    intruder.start(toCaller);
    await caller.hears(10);
    expect(await hearsNothing(callee)).toBe(true);
    expect(intruder.received).toBe(0);
    caller.start(toCaller);
    await callee.hears(10);
    intruder.stop();
    await session.close();
  });

  it('on: a re-INVITE opens learning again', async () => {
    const { caller, callee, session, toCaller, shown } = await natted(true);
    await delay(SETTLED_MS);
    caller.stop();
    const moved = await stage().peer();
    await session.offer('caller', moved.sdp({ port: shown.port, version: 2 }));
    await session.answer('callee', callee.sdp());
    moved.start(toCaller);
    await Promise.all([callee.hears(10), moved.hears(10, 5000)]);
    await session.close();
  });

  it('on: a source that matches the SDP is preferred to one that was first', async () => {
    const legs = await call(stage());
    const intruder = await stage().peer();
    intruder.start(legs.toCaller);
    await legs.callee.hears(5);
    talk(legs);
    await legs.caller.hears(10);
    // One packet may have left before the caller's first.
    await delay(100);
    const bled = intruder.received;
    await delay(300);
    expect(intruder.received).toBe(bled);
    intruder.stop();
    await legs.session.close();
  });

  it('off: media goes to the SDP address, and is taken from anywhere', async () => {
    const { caller, callee, shown, session } = await natted(false);
    await Promise.all([shown.hears(10, 1500), callee.hears(10, 1500)]);
    expect(caller.received).toBe(0);
    await delay(SETTLED_MS);
    await shown.hears(10, 1500);
    expect(caller.received).toBe(0);
    await session.close();
  });

  it('off: a re-INVITE from either side does not turn learning on', async () => {
    const { caller, callee, shown, session } = await natted(false);
    await shown.hears(5);
    await session.offer('callee', callee.sdp({ version: 2 }));
    await session.answer('caller', caller.sdp({ port: shown.port, version: 2 }));
    await session.offer('caller', caller.sdp({ port: shown.port, version: 3 }));
    await session.answer('callee', callee.sdp({ version: 3 }));
    await delay(SETTLED_MS);
    await shown.hears(10, 1500);
    expect(caller.received).toBe(0);
    await session.close();
  });
});
