// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { getHeader } from '../message/headers.ts';
import { serialiseMessage } from '../message/serialise-message.ts';
import type { SipRequest } from '../message/sip-message.ts';
import { LargeRequests } from './large-requests.ts';
import { requestOf, Scene, secondHop, settle, tcpHop, udpHop } from './testing/scene.ts';

const peer = '198.51.100.1:5060';
const large = (method = 'INVITE'): SipRequest => ({ ...requestOf(method), body: Buffer.alloc(1_100, 'a') });

describe('a request of more than 1300 bytes (RFC 3261 §18.1.1)', () => {
  let scene: Scene;

  beforeEach(() => {
    scene = new Scene({ t1x64: 4000, largeOverTcp: true });
  });

  const transports = (): string[] =>
    scene.transport.sent
      .splice(0)
      .map(
        ({ message, to }) => `${/SIP\/2\.0\/(\w+)/.exec(getHeader(message, 'Via') ?? '')?.[1] ?? ''} ${to}`,
      );

  it('goes over TCP, and says so in its Via', async () => {
    await scene.call(large());
    expect(transports()).toEqual([`TCP ${peer}`]);
    scene.reply(200);
    expect(scene.takeEvents()).toEqual(['sent tcp 198.51.100.1', 'INVITE 200']);
  });

  it('stays on UDP under that, and where UDP is all there is', async () => {
    await scene.call('INVITE');
    await scene.call({ ...requestOf('INVITE'), body: Buffer.alloc(900) });
    scene.transport.listening.pop();
    await scene.call(large());
    expect(transports()).toEqual([`UDP ${peer}`, `UDP ${peer}`, `UDP ${peer}`]);
  });

  it.each([
    [1_300, undefined],
    [1_301, 'tcp'],
  ])('of %i bytes on the wire', (size, protocol) => {
    const request = requestOf('INVITE');
    const length = { name: 'Content-Length', value: '1000' };
    const fixed: SipRequest = {
      ...request,
      headers: [...request.headers, length],
      body: Buffer.alloc(1_000),
    };
    const rest = serialiseMessage(fixed).length;
    fixed.headers.push({ name: 'X', value: 'x'.repeat(size - rest - 'X: \r\n'.length) });
    expect(serialiseMessage(fixed)).toHaveLength(size);
    expect(new LargeRequests(scene.transport).standIn(udpHop, fixed)?.protocol).toBe(protocol);
  });

  it('comes back to UDP where TCP is refused, and does not try again for a while', async () => {
    scene.transport.refusing.add(`tcp/${peer}`);
    await scene.call(large());
    await settle();
    expect(transports()).toEqual([`UDP ${peer}`]);
    scene.reply(200);
    expect(scene.takeEvents()).toEqual(['sent udp 198.51.100.1', 'INVITE 200']);
    scene.transport.refusing.clear();
    await scene.call(large('MESSAGE'));
    expect(transports().at(-1)).toBe(`UDP ${peer}`);
    scene.clock.advance(600_001);
    scene.transport.sent.length = 0;
    await scene.call(large('MESSAGE'));
    expect(transports().at(-1)).toBe(`TCP ${peer}`);
  });

  it('comes back to UDP after a second in which no connection came', async () => {
    scene.transport.silent.add(`tcp/${peer}`);
    await scene.call(large());
    scene.clock.advance(999);
    await settle();
    expect(transports()).toEqual([]);
    scene.clock.advance(1);
    await settle();
    expect(transports()).toEqual([`UDP ${peer}`]);
    scene.reply(200);
    expect(scene.takeEvents()).toEqual(['sent udp 198.51.100.1', 'INVITE 200']);
  });

  it('is not sent twice to a peer that has it and is silent; the next one goes over UDP', async () => {
    await scene.call(large());
    scene.clock.advance(4_000);
    await settle();
    expect(transports()).toEqual([`TCP ${peer}`]);
    expect(scene.takeEvents().at(-1)).toContain(
      'failed timeout: no answer in 4000 ms: tcp/198.51.100.1:5060',
    );
    await scene.call(large());
    expect(transports()).toEqual([`UDP ${peer}`]);
  });

  it('goes on to the next hop after a 503, not to the same one over UDP', async () => {
    await scene.call(large(), [udpHop, secondHop]);
    scene.reply(503);
    await settle();
    expect(transports().filter((line) => !line.includes('ACK'))).toEqual([
      `TCP ${peer}`,
      `TCP ${peer}`,
      'TCP 198.51.100.2:5062',
    ]);
  });

  it('stays where it was meant to go over TCP anyway', async () => {
    scene.transport.refusing.add(`tcp/${peer}`);
    await scene.call(large(), [tcpHop]);
    await settle();
    expect(transports()).toEqual([]);
    expect(scene.takeEvents().at(-1)).toContain('failed transport-error');
  });

  it('stays on UDP where nobody has asked for this', async () => {
    scene = new Scene();
    await scene.call(large());
    expect(transports()).toEqual([`UDP ${peer}`]);
  });
});
