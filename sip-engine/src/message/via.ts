// SPDX-License-Identifier: Apache-2.0
import { formatParams, parseParams, splitList, type Params } from './params.ts';
import { ParseError } from './parse-error.ts';
import type { SipMessage } from './sip-message.ts';
import { getHeader } from './headers.ts';

/** One Via element (RFC 3261 §20.42). */
export interface Via {
  /** As written: `UDP`, `TCP`, ... */
  transport: string;
  /** IPv6 without brackets. */
  host: string;
  port: number | undefined;
  params: Params;
}

const head =
  /^\s*SIP\s*\/\s*2\.0\s*\/\s*([^\s/;,]+)\s+(?:\[([0-9A-Fa-f:.]+)\]|([^\s:;,[\]]+))(?:\s*:\s*(\d{1,5}))?\s*(?=;|$)/i;

/** One element, not a list.  @throws ParseError */
export function parseVia(text: string): Via {
  const match = head.exec(text);
  if (match === null)
    throw new ParseError(`Via ${JSON.stringify(text)} is not "SIP/2.0/<transport> <host>[:port];..."`);
  const [all, transport = '', v6, host = ''] = match;
  const port = match[4] === undefined ? undefined : Number(match[4]);
  if (port !== undefined && (port < 1 || port > 65_535))
    throw new ParseError(`Via port ${port} is not in 1-65535`);
  return { transport, host: v6 ?? host, port, params: parseParams(text.slice(all.length)) };
}

export function formatVia(via: Via): string {
  const host = via.host.includes(':') ? `[${via.host}]` : via.host;
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${host}${port}${formatParams(via.params)}`;
}

/** The topmost Via; undefined where there is none.  @throws ParseError */
export function topVia(message: SipMessage): Via | undefined {
  const value = getHeader(message, 'Via');
  if (value === undefined) return undefined;
  const [first] = splitList(value);
  return first === undefined ? undefined : parseVia(first);
}

/** Writes `via` over the topmost one; others, also on the same line, stay. */
export function setTopVia(message: SipMessage, via: Via): void {
  const at = message.headers.findIndex(({ name }) => name === 'Via' || name.toLowerCase() === 'via');
  const header = message.headers[at];
  if (header === undefined) {
    message.headers.unshift({ name: 'Via', value: formatVia(via) });
    return;
  }
  const others = splitList(header.value).slice(1);
  message.headers[at] = { name: header.name, value: [formatVia(via), ...others].join(', ') };
}
