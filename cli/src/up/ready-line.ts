// SPDX-License-Identifier: Apache-2.0
import { formatHostPort } from '../address.ts';

/** What a program prints when it serves (ARCHITECTURE.md, "Processes"). */
export type ReadyLine = Record<string, unknown> & { event: 'ready'; program: string };

/** The ready line in a line of stdout, or undefined where it is something else. */
export function parseReadyLine(line: string): ReadyLine | undefined {
  try {
    const value = JSON.parse(line) as Partial<ReadyLine> | null;
    return value?.event === 'ready' ? (value as ReadyLine) : undefined;
  } catch {
    return undefined;
  }
}

/** An address `host:port` under a name in the ready line: a string, or `{host, port}`. */
export function addressIn(ready: ReadyLine | undefined, name: string): string | undefined {
  return address(ready?.[name]);
}

/** SIP addresses by transport. */
export function sipIn(ready: ReadyLine | undefined): { udp?: string; tcp?: string; tls?: string } {
  const listed = Array.isArray(ready?.sip) ? (ready.sip as Record<string, unknown>[]) : [];
  const of = (protocol: string): string | undefined =>
    address(listed.find((each) => each.protocol === protocol));
  const [udp, tcp, tls] = [of('udp'), of('tcp'), of('tls')];
  return {
    ...(udp !== undefined && { udp }),
    ...(tcp !== undefined && { tcp }),
    ...(tls !== undefined && { tls }),
  };
}

function address(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const { host, port } = value as Record<string, unknown>;
  if (typeof host !== 'string' || typeof port !== 'number') return undefined;
  return formatHostPort({ host, port });
}
