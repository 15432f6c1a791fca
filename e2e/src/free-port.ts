// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** A port that nobody has, on UDP and TCP, for programs that cannot pick one themselves. */
export const freePort = async (address = '127.0.0.1'): Promise<number> => {
  for (let tries = 0; tries < 20; tries += 1) {
    const port = await tcpPort(address, 0);
    if (port !== undefined && (await udpIsFree(address, port))) return port;
  }
  throw new Error(`no port is free on ${address}`);
};

const tcpPort = (address: string, port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen(port, address, () => {
      const found = (server.address() as { port: number }).port;
      server.close(() => {
        resolve(found);
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
