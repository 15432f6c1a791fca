// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { flowTo } from './testing/simulated-transport.ts';
import { Scene } from './testing/scene.ts';

const peer = '203.0.113.9:5080';

describe('a request of the peer that is no INVITE (RFC 3261 §17.2.2)', () => {
  it('is told once, and its repeats get nothing while there is no response', () => {
    const scene = new Scene();
    scene.arrive('OPTIONS');
    scene.arrive('OPTIONS');
    expect(scene.requests).toHaveLength(1);
    expect(scene.transport.take()).toEqual([]);
    scene.answer(100);
    scene.arrive('OPTIONS');
    expect(scene.transport.take()).toEqual([`100 > ${peer}`, `100 > ${peer}`]);
  });

  it('has its answer repeated only when it comes again, for 64 x T1: timer J', () => {
    const scene = new Scene();
    scene.arrive('BYE');
    scene.answer(200);
    expect(scene.transport.take()).toEqual([`200 > ${peer}`]);
    expect(scene.sendTimes(31_999)).toEqual([]);
    scene.arrive('BYE');
    expect(scene.transport.take()).toEqual([`200 > ${peer}`]);
    expect(scene.takeEvents()).toEqual([]);
    scene.clock.advance(50);
    expect(scene.takeEvents()).toEqual(['end done']);
    expect(scene.layer.active.server).toBe(0);
    expect(scene.clock.size).toBe(0);
    expect(() => scene.answer(200)).toThrow(/has had its final response/);
  });

  it('absorbs repeats for 64 x T1 also where t1x64 is short: the peer has timers of its own', () => {
    const scene = new Scene({ t1x64: 4000 });
    scene.arrive('BYE');
    scene.answer(200);
    scene.clock.advance(31_999);
    expect(scene.layer.active.server).toBe(1);
    scene.clock.advance(1);
    expect(scene.layer.active.server).toBe(0);
  });

  it('over TCP ends with its answer: timer J is 0', () => {
    const scene = new Scene();
    scene.arrive('BYE', { flow: flowTo('tcp', '203.0.113.9', 40_000) });
    scene.answer(200);
    expect(scene.takeEvents()).toEqual(['end done']);
    expect(scene.layer.active.server).toBe(0);
    expect(scene.clock.size).toBe(0);
  });

  it('does not stay for ever with a user that never answers', () => {
    const scene = new Scene();
    scene.arrive('INFO');
    scene.clock.advance(63_999);
    expect(scene.takeEvents()).toEqual([]);
    scene.clock.advance(1);
    expect(scene.takeEvents()).toEqual(['end timeout']);
    expect(scene.layer.active.server).toBe(0);
  });
});
