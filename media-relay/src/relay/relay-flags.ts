// SPDX-License-Identifier: Apache-2.0
import { isIPv4 } from 'node:net';
import { parseArgs } from 'node:util';
import { DEFAULT_TIMEOUTS } from './call-table.ts';
import type { RelayOptions } from './relay.ts';

export const USAGE = `usage: relay-main.ts --address IP [--ng HOST:PORT] [--ports MIN-MAX] [--max-sessions N] [--metrics HOST:PORT]
                     [--media-timeout SECONDS] [--offer-timeout SECONDS]`;

export interface RelayFlags extends Omit<RelayOptions, 'log'> {
  metrics: { host: string; port: number } | undefined;
}

/** @throws Error whose message names the flag, its value and the form expected */
export function readRelayFlags(argv: readonly string[]): RelayFlags {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      ng: { type: 'string', default: '127.0.0.1:22222' },
      address: { type: 'string' },
      ports: { type: 'string', default: '30000-31999' },
      'max-sessions': { type: 'string', default: '100' },
      metrics: { type: 'string' },
      'media-timeout': { type: 'string', default: String(DEFAULT_TIMEOUTS.media / 1000) },
      'offer-timeout': { type: 'string', default: String(DEFAULT_TIMEOUTS.offer / 1000) },
    },
  });
  return {
    ng: hostPort('--ng', values.ng),
    address: ipv4('--address', values.address),
    ports: portRange('--ports', values.ports),
    maxSessions: positive('--max-sessions', values['max-sessions']),
    metrics: values.metrics === undefined ? undefined : hostPort('--metrics', values.metrics),
    timeouts: {
      ...DEFAULT_TIMEOUTS,
      media: positive('--media-timeout', values['media-timeout']) * 1000,
      offer: positive('--offer-timeout', values['offer-timeout']) * 1000,
    },
  };
}

function hostPort(flag: string, value: string): { host: string; port: number } {
  const match = /^([^:]+):(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65535)
    throw new Error(`${flag} "${value}" is not HOST:PORT, such as 127.0.0.1:22222`);
  return { host: match[1], port };
}

function ipv4(flag: string, value: string | undefined): string {
  if (value === undefined)
    throw new Error(`${flag} is missing: the IPv4 address that callers send their media to`);
  if (!isIPv4(value) || value === '0.0.0.0')
    throw new Error(`${flag} "${value}" is not an IPv4 address of this machine`);
  return value;
}

function portRange(flag: string, value: string): { min: number; max: number } {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(value);
  const [min, max] = [Number(match?.[1]), Number(match?.[2])];
  if (!(min >= 1024 && max <= 65535 && max - min >= 3)) {
    throw new Error(
      `${flag} "${value}" is not MIN-MAX between 1024 and 65535 with room for a call (4 ports), such as 30000-31999`,
    );
  }
  return { min, max };
}

function positive(flag: string, value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 1e6)) throw new Error(`${flag} "${value}" is not a number above 0`);
  return number;
}
