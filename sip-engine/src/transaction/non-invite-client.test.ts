// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { requestOf, Scene, settle, tcpHop, udpHop } from './testing/scene.ts';

const where = 'udp/198.51.100.1:5060';

describe('a BYE of ours over UDP (RFC 3261 §17.1.2)', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = new Scene();
    await scene.call('BYE');
    scene.transport.take();
    scene.takeEvents();
  });

  it('is repeated after T1, doubling up to T2: timer E', () => {
    expect(scene.sendTimes(31_999)).toEqual([
      500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
  });

  it('fails when nothing came in 64 x T1: timer F', () => {
    scene.clock.advance(31_999);
    expect(scene.takeEvents()).toEqual([]);
    scene.clock.advance(1);
    expect(scene.takeEvents()).toEqual([`failed timeout: no answer in 32000 ms: ${where}`]);
    expect(scene.layer.active.client).toBe(0);
    expect(scene.clock.size).toBe(0);
  });

  it('is repeated every T2 after a provisional, and timer F goes on', () => {
    scene.clock.advance(600);
    scene.transport.take();
    scene.reply(100);
    expect(scene.sendTimes(31_399)).toEqual([4000, 8000, 12_000, 16_000, 20_000, 24_000, 28_000]);
    scene.clock.advance(50);
    expect(scene.takeEvents()).toEqual(['BYE 100', `failed timeout: no answer in 32000 ms: ${where}`]);
  });

  it('ends T4 after its answer, whose repeats nobody hears: timer K', () => {
    const bye = scene.refuse(481);
    expect(scene.takeEvents()).toEqual(['BYE 481']);
    scene.reply(481, bye);
    scene.reply(100, bye);
    expect(scene.sendTimes(4999)).toEqual([]);
    expect(scene.layer.active.client).toBe(1);
    expect(scene.layer.pending.client).toBe(0);
    scene.clock.advance(50);
    expect(scene.takeEvents()).toEqual(['ended']);
    expect(scene.layer.active.client).toBe(0);
    // A 2xx is a stray for the user only where it answers an INVITE.
    scene.reply(200, bye);
    expect(scene.strays).toEqual([]);
    expect(scene.layer.counters.strays).toBe(1);
  });

  it('cannot be cancelled', async () => {
    const transaction = await scene.call('BYE');
    scene.reply(100);
    scene.transport.take();
    transaction.cancel([]);
    expect(scene.transport.take()).toEqual([]);
  });
});

describe('the end of a call, where hunting goes on early', () => {
  const timers = { t1x64: 4000 };

  it('a BYE fails early for its user, and is repeated 64 x T1 for the peer', async () => {
    const scene = new Scene(timers);
    await scene.call('BYE');
    scene.transport.take();
    scene.takeEvents();
    expect(scene.sendTimes(31_999)).toEqual([
      500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
    expect(scene.takeEvents()).toEqual([`failed timeout: no answer in 4000 ms: ${where}`]);
    expect(scene.layer.pending.client).toBe(0);
    scene.clock.advance(50);
    expect(scene.layer.active.client).toBe(0);
    expect(scene.clock.size).toBe(0);
    expect(scene.takeEvents()).toEqual([]);
    expect(scene.layer.counters.timeouts).toBe(1);
  });

  it('a CANCEL is repeated so long as well', async () => {
    const scene = new Scene(timers);
    const invite = await scene.call('INVITE');
    scene.reply(180);
    scene.transport.take();
    invite.cancel([]);
    await settle();
    scene.transport.take();
    expect(scene.sendTimes(31_999)).toHaveLength(10);
  });

  it('a late answer ends that, and is for nobody', async () => {
    const scene = new Scene(timers);
    await scene.call('BYE');
    scene.clock.advance(4000);
    scene.takeEvents();
    scene.reply(100);
    scene.reply(200);
    scene.transport.take();
    expect(scene.takeEvents()).toEqual([]);
    expect(scene.sendTimes(32_000)).toEqual([]);
    expect(scene.layer.active.client).toBe(0);
    expect(scene.clock.size).toBe(0);
  });

  it('nothing else goes on: OPTIONS, and BYE over TCP', async () => {
    const scene = new Scene(timers);
    await scene.call('OPTIONS');
    await scene.call('BYE', [tcpHop]);
    scene.clock.advance(4000);
    expect(scene.layer.active.client).toBe(0);
    expect(scene.clock.size).toBe(0);
  });
});

describe('a request of ours', () => {
  it('has timers E, F and K as they are set', async () => {
    const scene = new Scene({ t1: 100, t2: 400, t4: 1000, t1x64: 2000 });
    await scene.call('OPTIONS');
    scene.transport.take();
    expect(scene.sendTimes(1999)).toEqual([100, 300, 700, 1100, 1500, 1900]);
    scene.clock.advance(50);
    expect(scene.takeEvents().at(-1)).toBe(`failed timeout: no answer in 2000 ms: ${where}`);
    await scene.call('OPTIONS');
    scene.reply(200);
    scene.clock.advance(1000);
    expect(scene.layer.active.client).toBe(0);
  });

  it('is not repeated over TCP, and ends with its answer: timer K is 0', async () => {
    const scene = new Scene();
    await scene.call('INFO', [tcpHop]);
    scene.transport.take();
    expect(scene.sendTimes(20_000)).toEqual([]);
    scene.reply(200);
    expect(scene.takeEvents()).toEqual(['sent tcp 198.51.100.1', 'INFO 200', 'ended']);
    expect(scene.layer.active.client).toBe(0);
    expect(scene.clock.size).toBe(0);
  });

  it('is not repeated over TCP after a provisional either', async () => {
    const scene = new Scene();
    await scene.call('INFO', [tcpHop]);
    scene.reply(100);
    scene.transport.take();
    expect(scene.sendTimes(31_999)).toEqual([]);
  });

  it('gets a branch of its own each time, and answers find theirs', async () => {
    const scene = new Scene();
    await scene.call('INFO', [udpHop]);
    const first = scene.lastSent;
    await scene.call('OPTIONS', [udpHop]);
    scene.takeEvents();
    scene.reply(200, first);
    scene.reply(404);
    expect(scene.takeEvents()).toEqual(['INFO 200', 'OPTIONS 404']);
  });

  it('survives a user that throws', async () => {
    const scene = new Scene();
    const fail = (): never => {
      throw new Error('user at fault');
    };
    scene.layer.request(requestOf('INFO'), { hops: [udpHop] }, { sent: fail, response: fail, failed: fail });
    await settle();
    scene.reply(200);
    scene.clock.advance(5000);
    expect(scene.thrown).toHaveLength(2);
    expect(scene.layer.active.client).toBe(0);
  });
});
