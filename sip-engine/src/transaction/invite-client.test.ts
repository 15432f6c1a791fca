// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { getHeader, getHeaders } from '../message/headers.ts';
import { requestOf, Scene, settle, tcpHop, udpHop } from './testing/scene.ts';

const where = 'udp/198.51.100.1:5060';
const target = 'sip:+15550101@198.51.100.1';
const peer = '198.51.100.1:5060';

describe('an INVITE of ours over UDP (RFC 3261 §17.1.1)', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = new Scene();
    await scene.call('INVITE');
    expect(scene.transport.take()).toEqual([`INVITE ${target} > ${peer}`]);
    scene.takeEvents();
  });

  it('is repeated after T1, then doubling without a cap, byte for byte: timer A', () => {
    const first = scene.lastSent;
    expect(scene.sendTimes(31_999)).toEqual([500, 1500, 3500, 7500, 15_500, 31_500]);
    const repeats = scene.transport.sent.map(({ message }) => message);
    for (const repeat of repeats) expect(repeat).toEqual(first);
    expect(scene.layer.counters.retransmitted).toBe(6);
  });

  it('fails when nothing came in 64 x T1, and nothing of it stays: timer B', () => {
    scene.clock.advance(31_999);
    expect(scene.takeEvents()).toEqual([]);
    scene.clock.advance(1);
    expect(scene.takeEvents()).toEqual([`failed timeout: no answer in 32000 ms: ${where}`]);
    expect(scene.layer.active.client).toBe(0);
    expect(scene.clock.size).toBe(0);
    expect(scene.layer.counters.timeouts).toBe(1);
  });

  it('is neither repeated nor given up once there was a provisional', () => {
    scene.reply(100);
    expect(scene.sendTimes(200_000)).toEqual([]);
    scene.reply(180);
    scene.reply(200);
    expect(scene.takeEvents()).toEqual(['INVITE 100', 'INVITE 180', 'INVITE 200']);
  });

  it('ACKs a refusal: same branch and number, the To of the response, the routes, nothing else', () => {
    const invite = scene.refuse(486);
    const ack = scene.lastSent;
    expect(scene.transport.take()).toEqual([`ACK ${target} > ${peer}`]);
    expect(getHeaders(ack, 'Via')).toEqual(getHeaders(invite, 'Via'));
    expect(getHeader(ack, 'CSeq')).toBe('7 ACK');
    expect(getHeader(ack, 'To')).toBe('<sip:+15550101@198.51.100.1>;tag=theirs');
    for (const name of ['From', 'Call-ID', 'Route']) {
      expect(getHeader(ack, name)).toBe(getHeader(invite, name));
    }
    expect(ack.body).toHaveLength(0);
  });

  it('ACKs each repeated refusal without telling the user, for 32 s: timer D', () => {
    const invite = scene.refuse(486);
    scene.takeEvents();
    scene.transport.take();
    scene.clock.advance(31_999);
    scene.reply(486, invite);
    expect(scene.transport.take()).toEqual([`ACK ${target} > ${peer}`]);
    expect(scene.takeEvents()).toEqual([]);
    scene.clock.advance(1);
    expect(scene.takeEvents()).toEqual(['ended']);
    scene.reply(486, invite);
    expect(scene.transport.take()).toEqual([]);
    expect(scene.layer.counters.strays).toBe(1);
    expect(scene.layer.active.client).toBe(0);
  });

  it('leaves the ACK of a 2xx to the user, and hands over each further 2xx: accepted, RFC 6026 §7.2', () => {
    const invite = scene.lastSent;
    scene.reply(200, invite);
    scene.reply(200, invite);
    scene.reply(200, invite, 'fork');
    expect(scene.takeEvents()).toEqual(['INVITE 200']);
    expect(scene.strays.map((response) => getHeader(response, 'To')?.split('tag=')[1])).toEqual([
      'theirs',
      'fork',
    ]);
    expect(scene.transport.take()).toEqual([]);
    // Timer M.
    scene.clock.advance(31_999);
    expect(scene.layer.active.client).toBe(1);
    scene.clock.advance(1);
    expect(scene.takeEvents()).toEqual(['ended']);
    expect(scene.layer.active.client).toBe(0);
    // RFC 3261 §13.2.2.4: also a 2xx that comes later than any transaction is the user's business.
    scene.reply(200, invite, 'late');
    expect(scene.strays).toHaveLength(3);
  });

  it('takes nothing else for news after its 2xx', () => {
    const invite = scene.lastSent;
    scene.reply(200, invite);
    scene.takeEvents();
    scene.reply(180, invite);
    scene.reply(486, invite);
    expect(scene.takeEvents()).toEqual([]);
    expect(scene.transport.take()).toEqual([]);
    expect(scene.strays).toEqual([]);
  });

  it('hears a 2xx that comes after its own time-out as a stray', () => {
    const invite = scene.lastSent;
    scene.clock.advance(32_000);
    scene.reply(200, invite);
    expect(scene.strays).toHaveLength(1);
    expect(scene.takeEvents()).toHaveLength(1);
  });

  it('closes without a word', async () => {
    await scene.layer.close();
    expect(scene.clock.size).toBe(0);
    scene.clock.advance(40_000);
    expect(scene.takeEvents()).toEqual([]);
    expect(scene.transport.closed).toBe(true);
  });
});

describe('an INVITE of ours with other timers', () => {
  it('is repeated after its own T1 first, where one is set', async () => {
    const scene = new Scene({ firstRepeat: 1000 });
    await scene.call('INVITE');
    expect(scene.sendTimes(31_999)).toEqual([1000, 3000, 7000, 15_000, 31_000]);
  });

  it('fails after t1x64 where that is short, yet absorbs repeats for 64 x T1', async () => {
    const scene = new Scene({ t1x64: 4000 });
    await scene.call('INVITE');
    expect(scene.sendTimes(3999)).toEqual([500, 1500, 3500]);
    scene.clock.advance(50);
    expect(scene.takeEvents().at(-1)).toBe(`failed timeout: no answer in 4000 ms: ${where}`);

    await scene.call('INVITE');
    scene.refuse(486);
    scene.clock.advance(31_999);
    expect(scene.layer.active.client).toBe(1);
    scene.clock.advance(1);
    expect(scene.layer.active.client).toBe(0);
  });
});

describe('an INVITE of ours over TCP', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = new Scene();
    await scene.call('INVITE', [tcpHop]);
    scene.transport.take();
    expect(scene.takeEvents()).toEqual(['sent tcp 198.51.100.1']);
  });

  it('goes out once, and fails after 64 x T1 all the same', () => {
    expect(scene.sendTimes(31_999)).toEqual([]);
    scene.clock.advance(50);
    expect(scene.takeEvents()).toEqual(['failed timeout: no answer in 32000 ms: tcp/198.51.100.1:5060']);
    expect(scene.transport.watched).toBe(0);
  });

  it('ends with the ACK of a refusal: timer D is 0', () => {
    scene.refuse(404);
    expect(scene.transport.take()).toEqual([`ACK ${target} > ${peer}`]);
    expect(scene.takeEvents()).toEqual(['INVITE 404', 'ended']);
    expect(scene.layer.active.client).toBe(0);
    expect(scene.clock.size).toBe(0);
  });

  it('is sent once more when the connection ends in the same moment, and fails the second time', async () => {
    scene.transport.breakConnection(5060, 'connection closed by peer');
    await settle();
    expect(scene.transport.take()).toEqual([`INVITE ${target} > ${peer}`]);
    scene.transport.breakConnection(5060, 'connection closed by peer');
    await settle();
    expect(scene.takeEvents()).toEqual([
      'failed transport-error: connection closed by peer: tcp/198.51.100.1:5060',
    ]);
    expect(scene.transport.take()).toEqual([]);
  });

  it('outlives its connection once there was a provisional: the answer may come on another (§18.2.2)', async () => {
    const invite = scene.lastSent;
    scene.reply(180, invite);
    scene.transport.breakConnection(5060, 'connection reset by peer');
    await settle();
    expect(scene.transport.take()).toEqual([]);
    scene.reply(200, invite);
    expect(scene.takeEvents()).toEqual(['INVITE 180', 'INVITE 200']);
  });

  it('says so where no connection came about', async () => {
    const other = new Scene({ t1x64: 4000 });
    other.transport.silent.add(peer);
    await other.call('INVITE', [tcpHop]);
    other.clock.advance(4000);
    expect(other.takeEvents()).toEqual(['failed timeout: connect timeout: tcp/198.51.100.1:5060']);
  });
});

describe('sending at all', () => {
  it.each(['ACK', 'CANCEL'])('opens no transaction for %s', (method) => {
    const scene = new Scene();
    const events = { sent: () => undefined, response: () => undefined, failed: () => undefined };
    const open = (): unknown => scene.layer.request(requestOf(method), { hops: [udpHop] }, events);
    expect(open).toThrow(/opens no transaction/);
  });
});
