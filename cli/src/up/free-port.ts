// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { formatHostPort, type HostPort } from '../address.ts';
import { CommandError } from '../usage-error.ts';

/**
 * Tries an address before a program is started on it, so that a port in use is one line that names the flag instead
 * of the log of a program. Throws `CommandError`.
 */
export async function checkSipAddress(address: HostPort, flag: string): Promise<void> {
  const { host, port } = address;
  const udp = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
  const tcp = createServer();
  try {
    udp.bind({ port, address: host, exclusive: true });
    await once(udp, 'listening');
    tcp.listen(port, host);
    await once(tcp, 'listening');
  } catch (error) {
    throw addressError(error, address, flag);
  } finally {
    udp.close();
    if (tcp.listening) await new Promise((resolve) => tcp.close(resolve));
  }
}

/** Why an address cannot be listened on, and what to do. */
export function addressError(error: unknown, address: HostPort, flag: string): CommandError {
  const { code, message } = error as NodeJS.ErrnoException;
  const another = `choose another with ${flag} HOST:PORT`;
  switch (code) {
    case 'EADDRINUSE':
      return new CommandError(
        `port ${address.port} on ${address.host} is in use: stop what uses it, or ${another}`,
      );
    case 'EADDRNOTAVAIL':
      return new CommandError(`${address.host} is no address of this machine: ${another}`);
    case 'EACCES':
      return new CommandError(`port ${address.port} needs root: ${another}`);
    default:
      return new CommandError(`${flag} ${formatHostPort(address)} cannot be used (${message}): ${another}`);
  }
}
