// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hopTo, optionsText, Station } from './testing/station.ts';
import { TransportLayer } from './transport-layer.ts';
import { defaultMaxima, type ListenerSpec } from './transport-settings.ts';

describe('datagrams', () => {
  let station: Station;

  beforeEach(async () => {
    station = await Station.open();
  });

  afterEach(async () => {
    await station.close();
  });

  it('are messages with the flow that they came on, and responses go back from the same port', async () => {
    const socket = await station.datagrams();
    socket.send(optionsText('a', 'body', 'UDP'), station.port, '127.0.0.1');
    await station.arrived(1);
    const flow = station.flowOf(0);
    expect(flow).toEqual({
      protocol: 'udp',
      localAddress: '127.0.0.1',
      localPort: station.port,
      remoteAddress: '127.0.0.1',
      remotePort: socket.address().port,
    });
    expect(station.received[0]?.size).toBe(optionsText('a', 'body', 'UDP').length);
    const answer = once(socket, 'message');
    station.layer.reply(Buffer.from('answer'), { flow, port: flow.remotePort });
    const [bytes, from] = (await answer) as [Buffer, { port: number }];
    expect([bytes.toString(), from.port]).toEqual(['answer', station.port]);
  });

  it('that are no SIP harm nothing that follows', async () => {
    const socket = await station.datagrams();
    const garbage = [
      'hello',
      '\u0000\u0001\u0002 sip',
      'OPTIONS sip:a SIP/2.0\r\n',
      optionsText('a', 'x').slice(0, -1),
    ];
    for (const text of [...garbage, optionsText('b')]) socket.send(text, station.port, '127.0.0.1');
    await station.arrived(garbage.length + 1);
    expect(station.malformed).toHaveLength(garbage.length);
    expect(station.calls).toEqual(['b']);
  });

  it('of line ends and zeros keep a binding open, and get no answer', async () => {
    const socket = await station.datagrams();
    const answers: Buffer[] = [];
    socket.on('message', (bytes: Buffer) => answers.push(bytes));
    for (const text of ['\r\n\r\n', '\r\n', '\0\0\0\0', optionsText('a')]) {
      socket.send(text, station.port, '127.0.0.1');
    }
    await station.arrived(1);
    expect(station.layer.counters).toMatchObject({ pings: 3, received: 1 });
    const answer = once(socket, 'message');
    const flow = station.flowOf(0);
    station.layer.reply(Buffer.from('end'), { flow, port: flow.remotePort });
    await answer;
    expect(answers.map(String)).toEqual(['end']);
  });

  it('that are too long are refused in words', async () => {
    const socket = await station.datagrams();
    const { port } = socket.address();
    expect(await station.send('x'.repeat(70_000), hopTo('udp', port))).toBe(
      `message too long for one datagram: udp/127.0.0.1:${port}`,
    );
    const arrived = once(socket, 'message');
    expect(await station.send('x'.repeat(60_000), hopTo('udp', port))).toBe('sent');
    expect(((await arrived) as [Buffer])[0]).toHaveLength(60_000);
  });
});

describe('listeners', () => {
  const log = { debug: () => undefined, warn: () => undefined };
  const intake = { onMessage: () => undefined, onMalformed: () => undefined };
  const listen = (...listeners: ListenerSpec[]): Promise<TransportLayer> =>
    TransportLayer.open({ listeners, maxima: defaultMaxima, log, intake });
  const spec = (protocol: 'udp' | 'tcp', port = 0, host = '127.0.0.1'): ListenerSpec => ({
    protocol,
    host,
    port,
  });

  it('of one host that ask for any port share it over UDP and TCP', async () => {
    const layer = await listen(
      spec('udp'),
      spec('tcp'),
      spec('udp', 0, '127.0.0.2'),
      spec('tcp', 0, '127.0.0.2'),
    );
    const ports = (address: string): number[] =>
      layer.listening.filter((one) => one.address === address).map(({ port }) => port);
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      expect(ports(address)).toHaveLength(2);
      expect(new Set(ports(address)).size).toBe(1);
    }
    await layer.close();
  });

  it.each(['udp', 'tcp'] as const)(
    'name the %s address that cannot be had, and leave none open',
    async (protocol) => {
      const taken = await listen(spec('udp'), spec('tcp'));
      const port = taken.listening[0]?.port ?? 0;
      const free = await listen(spec('udp', 0, '127.0.0.3'));
      const other = free.listening[0]?.port ?? 0;
      await free.close();
      await expect(listen(spec('udp', other, '127.0.0.3'), spec(protocol, port))).rejects.toThrow(
        `cannot listen on ${protocol}/127.0.0.1:${port}`,
      );
      // So the other one can be had again.
      await (await listen(spec('udp', other, '127.0.0.3'))).close();
      await taken.close();
    },
  );

  it('that are not there for a protocol or family are an error in words', async () => {
    const layer = await listen(spec('udp'));
    expect(() => layer.localFor(hopTo('tcp', 5060))).toThrow('no IPv4 listener for tcp: tcp/127.0.0.1:5060');
    expect(() => layer.localFor({ protocol: 'udp', address: '2001:db8::1', port: 5060 })).toThrow(
      'no IPv6 listener for udp: udp/[2001:db8::1]:5060',
    );
    await layer.close();
  });
});
