// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import { UsageError } from './usage-error.ts';

export interface HostPort {
  host: string;
  port: number;
}

/** `HOST:PORT`, IPv6 in brackets; port 0 means: pick one. Throws `UsageError` that names the flag. */
export function parseHostPort(text: string, flag: string): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port <= 65535) return { host, port };
  throw new UsageError(`${flag} "${text}" is not HOST:PORT: write 127.0.0.1:5060 or [::1]:5060`);
}

/** `host:port`, with brackets round an IPv6 address. */
export function formatHostPort({ host, port }: HostPort): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `IP[:PORT]` of a packet; the port is 5060 where none is given. Throws `UsageError`. */
export function parseSource(text: string): { address: string; port: number } {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return { address: bare, port: 5060 };
  const match = /^(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (isIP(address) !== 0 && port > 0 && port <= 65535) return { address, port };
  throw new UsageError(
    `--source "${text}" is not an IP address: write 203.0.113.7, 203.0.113.7:5060 or [2001:db8::7]:5060`,
  );
}
