// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Place } from '../src/index.ts';

/** What a datagram brought back, in bytes. */
export interface Exchange {
  sent: number;
  back: number;
  largest: number;
  messages: number;
}

let sources = 0;

/**
 * Sends one datagram from an address that has sent nothing before, and takes what comes back: until something has, and for
 * `ms` more. ADDRESS and BRANCH in the text are filled in.
 */
export const answersTo = async (text: string, to: Place, ms = 0): Promise<Exchange> => {
  sources += 1;
  const address = `127.66.9.${sources}`;
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const data = Buffer.from(text.replaceAll('ADDRESS', address).replaceAll('BRANCH', `one-${sources}`));
  const exchange: Exchange = { sent: data.length, back: 0, largest: 0, messages: 0 };
  socket.on('message', (answer) => {
    exchange.back += answer.length;
    exchange.largest = Math.max(exchange.largest, answer.length);
    exchange.messages += 1;
  });
  const first = once(socket, 'message');
  socket.send(data, to.port, to.address);
  await first;
  if (ms > 0) await wait(ms);
  socket.close();
  return exchange;
};
