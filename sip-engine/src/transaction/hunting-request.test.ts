// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { getHeader } from '../message/headers.ts';
import type { Hop } from './contract.ts';
import { requestOf, Scene, secondHop, settle, tcpHop, udpHop } from './testing/scene.ts';

const first = '198.51.100.1:5060';
const second = '198.51.100.2:5062';
const third: Hop = { protocol: 'udp', address: '198.51.100.3', port: 5060 };

describe('a request with several hops (RFC 3263 §4.3)', () => {
  let scene: Scene;

  beforeEach(() => {
    scene = new Scene({ t1x64: 4000 });
  });

  /** Destinations of what went out since the last call. */
  const tried = (): string[] => scene.transport.take().map((line) => line.split(' > ')[1] ?? '');

  it('goes to the next one on a transport error, in a transaction of its own', async () => {
    scene.transport.refusing.add(first);
    await scene.call('INVITE', [udpHop, secondHop]);
    expect(tried()).toEqual([second]);
    scene.reply(200);
    expect(scene.takeEvents()).toEqual(['sent udp 198.51.100.2', 'INVITE 200']);
  });

  it('goes to the next one after t1x64 of silence, with another branch and the same rest', async () => {
    await scene.call('INVITE', [udpHop, secondHop]);
    const before = scene.lastSent;
    expect(tried()).toEqual([first]);
    scene.clock.advance(3999);
    expect(new Set(tried())).toEqual(new Set([first]));
    scene.clock.advance(1);
    await settle();
    expect(tried()).toEqual([second]);
    const after = scene.lastSent;
    expect(getHeader(after, 'Via')).not.toBe(getHeader(before, 'Via'));
    expect(after.headers.slice(1)).toEqual(before.headers.slice(1));
    expect(after.body).toEqual(before.body);
    // The user hears of the first sending alone.
    expect(scene.takeEvents()).toEqual(['sent udp 198.51.100.1']);
    // A late refusal of the first hop is nobody's; a late 2xx is a stray.
    scene.reply(486, before);
    expect(scene.takeEvents()).toEqual([]);
    scene.reply(200, before);
    expect(scene.strays).toHaveLength(1);
  });

  it('goes to the next one on 503, which it ACKs', async () => {
    await scene.call('INVITE', [udpHop, secondHop]);
    tried();
    scene.reply(503);
    await settle();
    expect(scene.transport.take()).toEqual([
      `ACK sip:+15550101@198.51.100.1 > ${first}`,
      `INVITE sip:+15550101@198.51.100.1 > ${second}`,
    ]);
    scene.reply(486);
    expect(scene.takeEvents()).toEqual(['sent udp 198.51.100.1', 'INVITE 486']);
  });

  it('hands over the 503 of the last hop', async () => {
    await scene.call('INVITE', [udpHop, secondHop]);
    scene.reply(503);
    await settle();
    scene.reply(503);
    expect(scene.takeEvents()).toEqual(['sent udp 198.51.100.1', 'INVITE 503']);
  });

  it.each([500, 600, 404, 302])('does not go on after %i', async (status) => {
    await scene.call('INVITE', [udpHop, secondHop]);
    scene.reply(status);
    await settle();
    expect(scene.takeEvents()).toEqual(['sent udp 198.51.100.1', `INVITE ${status}`]);
    expect(tried()).toEqual([first, first]);
  });

  it('does not go on from a hop that has said anything: a BYE after 100 fails with it', async () => {
    await scene.call('BYE', [udpHop, secondHop]);
    scene.reply(100);
    scene.clock.advance(4000);
    await settle();
    expect(scene.takeEvents()).toEqual([
      'sent udp 198.51.100.1',
      'BYE 100',
      `failed timeout: no answer in 4000 ms: udp/${first}`,
    ]);
    expect(tried()).not.toContain(second);
  });

  it('tells of every hop when all have failed', async () => {
    scene.transport.refusing.add(first);
    await scene.call('INVITE', [udpHop, secondHop, third]);
    scene.reply(503);
    await settle();
    scene.clock.advance(4000);
    await settle();
    expect(scene.takeEvents()).toEqual([
      'sent udp 198.51.100.2',
      `failed timeout: connection refused: udp/${first}; answered 503: udp/${second}; no answer in 4000 ms: udp/198.51.100.3:5060`,
    ]);
    // What lingers is the 503 of the second.
    expect(scene.layer.active.client).toBe(1);
    scene.clock.advance(32_000);
    expect(scene.layer.active.client).toBe(0);
  });

  it('fails at once without any', async () => {
    await scene.call('INVITE', []);
    expect(scene.takeEvents()).toEqual(['failed dns: no address to try']);
  });

  it('passes over a hop that no listener of ours can reach', async () => {
    const six: Hop = { protocol: 'tls', address: '198.51.100.9', port: 5061 };
    await scene.call('INVITE', [six, udpHop]);
    expect(tried()).toEqual([first]);
    await scene.call('INVITE', [six]);
    expect(scene.takeEvents().at(-1)).toBe(
      'failed transport-error: no listener for tls: tls/198.51.100.9:5061',
    );
  });

  it('is finished by the user for the transport of each hop', async () => {
    scene.transport.refusing.add(first);
    await scene.call('INVITE', [tcpHop, secondHop], (request, local) => {
      request.headers.push({ name: 'Contact', value: `<sip:${local.address};transport=${local.protocol}>` });
    });
    expect(getHeader(scene.lastSent, 'Contact')).toBe('<sip:192.0.2.1;transport=udp>');
    expect(scene.lastSent.headers.filter(({ name }) => name === 'Contact')).toHaveLength(1);
    expect(getHeader(scene.lastSent, 'Via')).toMatch(
      /^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;rport;branch=z9hG4bK/,
    );
  });

  it('hunts no further once cancelled', async () => {
    const transaction = await scene.call('INVITE', [udpHop, secondHop]);
    tried();
    transaction.cancel([]);
    scene.clock.advance(4000);
    await settle();
    expect(tried()).not.toContain(second);
    expect(scene.takeEvents().at(-1)).toBe(`failed timeout: no answer in 4000 ms: udp/${first}`);
  });
});

describe('cancelling (RFC 3261 §9.1)', () => {
  let scene: Scene;
  const lines = (): string[] => scene.transport.take().map((line) => line.split(' ')[0] ?? '');

  beforeEach(() => {
    scene = new Scene();
  });

  it('waits for a provisional, and goes with the branch, the routes and the number of the INVITE', async () => {
    const transaction = await scene.call('INVITE');
    const invite = scene.lastSent;
    lines();
    transaction.cancel([{ name: 'Reason', value: 'SIP;cause=200' }]);
    expect(lines()).toEqual([]);
    scene.reply(100, invite);
    expect(lines()).toEqual(['CANCEL']);
    const cancel = scene.lastSent;
    for (const name of ['Via', 'From', 'To', 'Call-ID', 'Route']) {
      expect(getHeader(cancel, name)).toBe(getHeader(invite, name));
    }
    expect(getHeader(cancel, 'CSeq')).toBe('7 CANCEL');
    expect(getHeader(cancel, 'Reason')).toBe('SIP;cause=200');
    scene.reply(180, invite);
    transaction.cancel([]);
    expect(lines()).toEqual([]);
  });

  it('repeats the CANCEL until its answer, and the 487 ends the INVITE', async () => {
    const transaction = await scene.call('INVITE');
    const invite = scene.lastSent;
    scene.reply(180, invite);
    lines();
    transaction.cancel([]);
    const cancel = scene.lastSent;
    await settle();
    expect(scene.sendTimes(2000)).toEqual([500, 1500]);
    scene.reply(200, cancel);
    lines();
    expect(scene.sendTimes(4000)).toEqual([]);
    scene.reply(487, invite);
    expect(lines()).toEqual(['ACK']);
    expect(scene.takeEvents()).toEqual(['sent udp 198.51.100.1', 'INVITE 180', 'INVITE 487']);
  });

  it('gives the INVITE up when no final came in 64 x T1 after the CANCEL', async () => {
    const transaction = await scene.call('INVITE');
    scene.reply(180);
    transaction.cancel([]);
    scene.clock.advance(31_999);
    scene.takeEvents();
    scene.clock.advance(1);
    expect(scene.takeEvents()).toEqual([
      'failed timeout: no final answer in 32000 ms after CANCEL: udp/198.51.100.1:5060',
    ]);
    expect(scene.layer.active.client).toBe(0);
  });

  it('is too late after a final, whose 2xx the user gets', async () => {
    const transaction = await scene.call('INVITE');
    const invite = scene.lastSent;
    scene.reply(180, invite);
    scene.reply(200, invite);
    lines();
    transaction.cancel([]);
    expect(lines()).toEqual([]);
    expect(scene.takeEvents().at(-1)).toBe('INVITE 200');
  });

  it('still hands over a 2xx that crosses the CANCEL', async () => {
    const transaction = await scene.call('INVITE');
    const invite = scene.lastSent;
    scene.reply(180, invite);
    transaction.cancel([]);
    scene.reply(200, invite);
    expect(scene.takeEvents().at(-1)).toBe('INVITE 200');
  });
});

describe('sending outside transactions, as the ACK of a 2xx', () => {
  it('tries the hops in order and tells the flow', async () => {
    const scene = new Scene();
    scene.transport.refusing.add(first);
    const ack = { ...requestOf('ACK'), uri: 'sip:a@192.0.2.9' };
    const flow = await scene.layer.send(ack, [udpHop, secondHop]);
    expect(flow.remoteAddress).toBe('198.51.100.2');
    expect(scene.transport.take()).toEqual([`ACK sip:a@192.0.2.9 > ${second}`]);
    expect(scene.layer.active.client).toBe(0);
    await expect(scene.layer.send(ack, [udpHop])).rejects.toThrow(
      'connection refused: udp/198.51.100.1:5060',
    );
    await expect(scene.layer.send(ack, [])).rejects.toThrow('no address to try');
  });
});
