// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { getHeader } from '../message/headers.ts';
import { addToTag, createResponse } from '../message/create-response.ts';
import { flowTo } from './testing/simulated-transport.ts';
import { Scene } from './testing/scene.ts';

const otherFlow = flowTo('udp', '203.0.113.77', 5060);
const tlsFlow = flowTo('tls', '203.0.113.9', 40_000);

describe('a CANCEL (RFC 3261 §9.2, §17.2.3)', () => {
  let scene: Scene;

  beforeEach(() => {
    scene = new Scene();
    scene.arrive('INVITE');
  });

  it('finds its INVITE by branch and sent-by, and is a transaction of its own', () => {
    scene.arrive('CANCEL');
    const [found] = scene.cancels;
    expect(found?.invite?.id).toBe(scene.last.id);
    expect(found?.cancel.id).not.toBe(scene.last.id);
    const answer = createResponse(found?.cancel.request ?? scene.last.request, 200);
    addToTag(answer, 'ours');
    found?.cancel.respond(answer);
    scene.answer(487);
    scene.arrive('CANCEL');
    expect(scene.transport.take()).toEqual(
      ['200', '487', '200'].map((status) => `${status} > 203.0.113.9:5080`),
    );
    expect(scene.cancels).toHaveLength(1);
    expect(scene.requests).toHaveLength(1);
  });

  it.each([
    ['another branch', { branch: 'z9hG4bK-peer-2' }],
    ['another host', { sentBy: '203.0.113.10:5080' }],
    ['another port', { sentBy: '203.0.113.9:5081' }],
  ])('with %s finds none', (_, changes) => {
    scene.arrive('CANCEL', changes);
    expect(scene.cancels).toHaveLength(1);
    expect(scene.cancels[0]?.invite).toBeUndefined();
  });

  it('finds its INVITE also when its Via writes the host otherwise, or the Request-URI is another', () => {
    const named = new Scene();
    named.arrive('INVITE', { sentBy: 'PBX.example.com' });
    named.arrive('CANCEL', { sentBy: 'pbx.example.com:5060', uri: 'sip:elsewhere@192.0.2.1' });
    expect(named.cancels[0]?.invite).toBe(named.last);
  });

  it('finds an INVITE that has had its answer, not one that is over', () => {
    scene.answer(486);
    scene.arrive('CANCEL');
    expect(scene.cancels[0]?.invite?.open).toBe(false);
    scene.clock.advance(64_000);
    scene.arrive('CANCEL', { body: '' });
    expect(scene.cancels[1]?.invite).toBeUndefined();
  });

  it('does not find a request of another method with its branch', () => {
    scene.arrive('OPTIONS', { branch: 'z9hG4bK-options', sequence: 2 });
    scene.arrive('CANCEL', { branch: 'z9hG4bK-options', sequence: 2 });
    expect(scene.cancels[0]?.invite).toBeUndefined();
  });
});

describe('a peer of RFC 2543, whose branch says nothing', () => {
  it.each([
    ['a short branch', { branch: '1' }],
    ['the bare cookie', { branch: 'z9hG4bK' }],
  ])('with %s is matched by what its repeats have in common', (_, branch) => {
    const scene = new Scene();
    scene.arrive('INVITE', branch);
    scene.arrive('INVITE', branch);
    expect(scene.requests).toHaveLength(1);
    scene.arrive('CANCEL', branch);
    expect(scene.cancels[0]?.invite).toBe(scene.last);
    scene.answer(487);
    scene.arrive('ACK', { ...branch, to: '<sip:+15550101@192.0.2.1>;tag=ours' });
    expect(scene.acks).toEqual([]);
    scene.transport.take();
    expect(scene.sendTimes(4000)).toEqual([]);
    scene.arrive('INVITE', { ...branch, sequence: 2, to: '<sip:+15550101@192.0.2.1>;tag=ours' });
    expect(scene.requests).toHaveLength(2);
  });
});

describe('a request that comes on two ways (RFC 3261 §8.2.2.2)', () => {
  it('is refused with 482 the second time', () => {
    const scene = new Scene();
    scene.arrive('INVITE');
    scene.arrive('INVITE', { branch: 'z9hG4bK-other-way', flow: otherFlow });
    expect(scene.requests).toHaveLength(1);
    expect(scene.layer.counters.merged).toBe(1);
    expect(scene.transport.take()).toEqual(['482 > 203.0.113.77:5080']);
    scene.arrive('ACK', { branch: 'z9hG4bK-other-way', flow: otherFlow });
    expect(scene.acks).toEqual([]);
    expect(scene.sendTimes(4000)).toEqual([]);
  });

  it.each([
    ['another CSeq number', { sequence: 2 }],
    ['another From tag', { from: '<sip:+15550100@203.0.113.9>;tag=other' }],
    ['a To tag, so within a dialog', { to: '<sip:+15550101@192.0.2.1>;tag=ours' }],
  ])('is another request with %s', (_, changes) => {
    const scene = new Scene();
    scene.arrive('INVITE');
    scene.arrive('INVITE', { branch: 'z9hG4bK-other', ...changes });
    expect(scene.requests).toHaveLength(2);
    expect(scene.layer.counters.merged).toBe(0);
  });

  it('is a new one once the first is over', () => {
    const scene = new Scene();
    scene.arrive('OPTIONS');
    scene.answer(200);
    scene.clock.advance(32_000);
    scene.arrive('OPTIONS', { branch: 'z9hG4bK-later' });
    expect(scene.requests).toHaveLength(2);
  });
});

describe('where responses go (RFC 3261 §18.2, RFC 3581)', () => {
  it.each([
    ['to the port in Via', {}, '203.0.113.9:5080'],
    ['to the source port where rport asks for it', { via: ';rport' }, '203.0.113.9:40000'],
    ['to 5060 where Via has no port', { sentBy: '203.0.113.9' }, '203.0.113.9:5060'],
    ['to 5061 over TLS', { sentBy: '203.0.113.9', flow: tlsFlow }, '203.0.113.9:5061'],
    ['to the source address, whatever Via says', { sentBy: '198.51.100.66:5080' }, '203.0.113.9:5080'],
    ['not to maddr', { via: ';maddr=198.51.100.66' }, '203.0.113.9:5080'],
    ['not to a received of the peer', { via: ';received=198.51.100.66' }, '203.0.113.9:5080'],
  ])('%s', (_, changes, target) => {
    const scene = new Scene();
    scene.arrive('OPTIONS', changes);
    scene.answer(200);
    expect(scene.transport.take()).toEqual([`200 > ${target}`]);
  });

  it.each([
    ['nothing where Via is right', {}, ''],
    ['received where it is not', { sentBy: '10.0.0.5:5080' }, ';received=203.0.113.9'],
    ['both where rport is asked for', { via: ';rport' }, ';rport=40000;received=203.0.113.9'],
    ['no received that the peer made up', { via: ';received=198.51.100.66' }, ''],
  ])('and Via says so: %s', (_, changes, stamp) => {
    const scene = new Scene();
    scene.arrive('OPTIONS', changes);
    const params = (getHeader(scene.last.request, 'Via') ?? '').split(';').slice(1);
    expect(
      params
        .filter((param) => !param.startsWith('branch'))
        .map((param) => `;${param}`)
        .join(''),
    ).toBe(stamp);
  });
});

describe('the user', () => {
  it('that fails on a request has it answered with 500, and harms nobody else', () => {
    const scene = new Scene();
    scene.layer.setUser({
      onRequest: () => {
        throw new Error('user at fault');
      },
      onAck: () => undefined,
      onCancel: () => undefined,
      onStrayResponse: () => undefined,
    });
    scene.arrive('OPTIONS');
    expect(scene.transport.take()).toEqual(['500 > 203.0.113.9:5080']);
    expect(scene.thrown).toEqual([new Error('user at fault')]);
  });
});
