// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * Above the media ports and below those that the system hands out (ip(7): from 32768), so that no connection of anybody takes a
 * port between here and its program.
 */
const FIRST = 30_000;
const PER_WORKER = 550;

let next = randomInt(PER_WORKER);

/** A port that nobody has, on UDP and TCP, for programs that cannot pick one themselves. */
export const freePort = async (address = '127.0.0.1'): Promise<number> => {
  const worker = Number(process.env.JEST_WORKER_ID ?? 0) % 5;
  for (let tries = 0; tries < PER_WORKER; tries += 1) {
    const port = FIRST + worker * PER_WORKER + next;
    next = (next + 1) % PER_WORKER;
    if ((await tcpIsFree(address, port)) && (await udpIsFree(address, port))) return port;
  }
  throw new Error(`no port is free on ${address}`);
};

const tcpIsFree = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, address, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });

const udpIsFree = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', () => {
      resolve(false);
    });
    socket.bind(port, address, () => {
      socket.close(() => {
        resolve(true);
      });
    });
  });

/** Whether something has the port, from proc(5) `net/udp` and `net/tcp`: the programs under test need Linux anyway. */
export const isBound = (transport: 'udp' | 'tcp', port: number): boolean => {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return [transport, `${transport}6`].some((file) =>
    readFileSync(`/proc/net/${file}`, 'latin1')
      .split('\n')
      .some((line) => line.trim().split(/\s+/)[1]?.endsWith(hex) === true),
  );
};
