// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { flowTo } from './testing/simulated-transport.ts';
import { Scene } from './testing/scene.ts';

const peer = '203.0.113.9:5080';
const tcp = { flow: flowTo('tcp', '203.0.113.9', 40_000) };

describe('an INVITE of the peer over UDP (RFC 3261 §17.2.1)', () => {
  let scene: Scene;

  beforeEach(() => {
    scene = new Scene();
    scene.arrive('INVITE', { body: 'v=0\r\n' });
  });

  it('is told once; its repeats get the last response, if there is one', () => {
    scene.arrive('INVITE', { body: 'v=0\r\n' });
    expect(scene.transport.take()).toEqual([]);
    scene.answer(180);
    scene.transport.take();
    scene.arrive('INVITE', { body: 'v=0\r\n' });
    expect(scene.transport.take()).toEqual([`180 > ${peer}`]);
    expect(scene.requests).toHaveLength(1);
    expect(scene.layer.counters.absorbed).toBe(2);
    // Provisionals are not repeated by us.
    expect(scene.sendTimes(100_000)).toEqual([]);
  });

  it('has its refusal repeated after T1, doubling up to T2, until the ACK: timer G', () => {
    scene.answer(486);
    scene.transport.take();
    expect(scene.sendTimes(8000)).toEqual([500, 1500, 3500, 7500]);
    scene.arrive('ACK', { to: '<sip:+15550101@192.0.2.1>;tag=ours' });
    expect(scene.sendTimes(31_999)).toEqual([]);
    expect(scene.acks).toEqual([]);
  });

  it('gives up 64 x T1 after a refusal that nobody ACKs: timer H', () => {
    scene.answer(486);
    scene.transport.take();
    expect(scene.sendTimes(31_999)).toHaveLength(10);
    expect(scene.takeEvents()).toEqual([]);
    scene.clock.advance(50);
    expect(scene.takeEvents()).toEqual(['end timeout']);
    expect(scene.layer.active.server).toBe(0);
    expect(scene.clock.size).toBe(0);
    expect(scene.layer.counters.timeouts).toBe(1);
  });

  it('absorbs what still comes for T4 after the ACK: timer I', () => {
    scene.answer(486);
    const ack = { to: '<sip:+15550101@192.0.2.1>;tag=ours' };
    scene.arrive('ACK', ack);
    scene.transport.take();
    scene.clock.advance(4999);
    scene.arrive('INVITE', { body: 'v=0\r\n' });
    scene.arrive('ACK', ack);
    expect(scene.transport.take()).toEqual([]);
    expect(scene.takeEvents()).toEqual([]);
    scene.clock.advance(1);
    expect(scene.takeEvents()).toEqual(['end done']);
    expect(scene.layer.active.server).toBe(0);
    expect(scene.acks).toEqual([]);
    expect(scene.requests).toHaveLength(1);
  });

  it('repeats a 2xx only when the user or the peer does: accepted, RFC 6026 §7.1', () => {
    const transaction = scene.last;
    scene.answer(180);
    scene.transport.take();
    transaction.repeat();
    expect(scene.transport.take()).toEqual([]);
    scene.answer(200);
    expect(scene.transport.take()).toEqual([`200 > ${peer}`]);
    expect(scene.sendTimes(10_000)).toEqual([]);
    transaction.repeat();
    scene.arrive('INVITE', { body: 'v=0\r\n' });
    expect(scene.transport.take()).toEqual([`200 > ${peer}`, `200 > ${peer}`]);
    // Timer L.
    scene.clock.advance(21_999);
    expect(scene.takeEvents()).toEqual([]);
    scene.clock.advance(1);
    expect(scene.takeEvents()).toEqual(['end done']);
    transaction.repeat();
    expect(scene.transport.take()).toEqual([]);
  });

  it('hands the ACK of a 2xx to the user, on a branch of its own or, as some do, on that of the INVITE', () => {
    scene.answer(200);
    const to = '<sip:+15550101@192.0.2.1>;tag=ours';
    scene.arrive('ACK', { to, branch: 'z9hG4bK-ack' });
    scene.arrive('ACK', { to });
    expect(scene.acks).toHaveLength(2);
    expect(scene.layer.active.server).toBe(1);
  });

  it('takes an ACK before any final response for nothing', () => {
    scene.arrive('ACK');
    expect(scene.acks).toEqual([]);
    scene.answer(486);
    scene.transport.take();
    expect(scene.sendTimes(1000)).toEqual([500]);
  });

  it('takes one final response', () => {
    const transaction = scene.last;
    expect(transaction.open).toBe(true);
    scene.answer(486);
    expect(transaction.open).toBe(false);
    expect(() => scene.answer(200)).toThrow(/has had its final response/);
    scene.arrive('ACK');
    expect(() => scene.answer(200)).toThrow(/has had its final response/);
  });

  it('ends when its response cannot be sent, and says so also to who asks later', async () => {
    const transaction = scene.last;
    scene.transport.refusing.add(peer);
    scene.answer(486);
    expect(scene.takeEvents()).toEqual(['end transport-error']);
    expect(scene.layer.active.server).toBe(0);
    expect(scene.clock.size).toBe(0);
    const why = await new Promise((resolve) => {
      transaction.onEnd(resolve);
    });
    expect(why).toBe('transport-error');
  });

  it('is forgotten when the user abandons it: the same INVITE is a new one then', () => {
    scene.last.abandon();
    expect(scene.layer.active.server).toBe(0);
    expect(scene.takeEvents()).toEqual([]);
    scene.arrive('INVITE');
    expect(scene.requests).toHaveLength(2);
  });
});

describe('an INVITE of the peer', () => {
  it('has timers G and I as they are set, and H of 64 x T1 also where t1x64 is short', () => {
    const scene = new Scene({ t1: 100, t2: 400, t4: 1000, t1x64: 500 });
    scene.arrive('INVITE');
    scene.answer(486);
    scene.transport.take();
    expect(scene.sendTimes(1999)).toEqual([100, 300, 700, 1100, 1500, 1900]);
    scene.clock.advance(4300);
    expect(scene.takeEvents()).toEqual([]);
    scene.clock.advance(200);
    expect(scene.takeEvents()).toEqual(['end timeout']);
    scene.arrive('INVITE', { branch: 'z9hG4bK-2' });
    scene.answer(486);
    scene.arrive('ACK', { branch: 'z9hG4bK-2' });
    scene.clock.advance(1000);
    expect(scene.takeEvents()).toEqual(['end done']);
  });

  it('over TCP is refused once, and ends with the ACK: timer I is 0', () => {
    const scene = new Scene();
    scene.arrive('INVITE', tcp);
    scene.answer(486);
    expect(scene.transport.take()).toEqual([`486 > ${peer}`]);
    expect(scene.sendTimes(31_999)).toEqual([]);
    scene.arrive('ACK', tcp);
    expect(scene.takeEvents()).toEqual(['end done']);
    expect(scene.layer.active.server).toBe(0);
    expect(scene.clock.size).toBe(0);
  });

  it('over TCP without an ACK still ends: timer H', () => {
    const scene = new Scene();
    scene.arrive('INVITE', tcp);
    scene.answer(486);
    scene.clock.advance(32_000);
    expect(scene.takeEvents()).toEqual(['end timeout']);
  });
});
