// SPDX-License-Identifier: Apache-2.0
import type { Header, SipMessage } from './sip-message.ts';

/*
 * Access by name, whatever its case (RFC 3261 §7.3.1). Names are given long: the parser has expanded compact forms.
 */

function matches(header: Header, name: string, lower: string): boolean {
  return header.name === name || (header.name.length === name.length && header.name.toLowerCase() === lower);
}

/** Value of the first such header. */
export function getHeader(message: SipMessage, name: string): string | undefined {
  const lower = name.toLowerCase();
  for (const header of message.headers) if (matches(header, name, lower)) return header.value;
  return undefined;
}

/** Values of all such headers in order, one for each line: comma lists are not split (see `splitList`). */
export function getHeaders(message: SipMessage, name: string): string[] {
  const lower = name.toLowerCase();
  const values: string[] = [];
  for (const header of message.headers) if (matches(header, name, lower)) values.push(header.value);
  return values;
}

/** Writes over the first such header and removes further ones; without any, appends. */
export function setHeader(message: SipMessage, name: string, value: string): void {
  const lower = name.toLowerCase();
  const first = message.headers.findIndex((header) => matches(header, name, lower));
  if (first < 0) {
    message.headers.push({ name, value });
    return;
  }
  const kept = message.headers[first]?.name ?? name;
  message.headers = message.headers.filter((header, at) => at <= first || !matches(header, name, lower));
  message.headers[first] = { name: kept, value };
}

/** Removes all such headers; true where there was one. */
export function removeHeader(message: SipMessage, name: string): boolean {
  const lower = name.toLowerCase();
  const kept = message.headers.filter((header) => !matches(header, name, lower));
  const removed = kept.length < message.headers.length;
  message.headers = kept;
  return removed;
}

/** Puts a header before all others of its name, else before everything: where a Via, Route or Record-Route goes. */
export function prependHeader(message: SipMessage, name: string, value: string): void {
  const lower = name.toLowerCase();
  const first = message.headers.findIndex((header) => matches(header, name, lower));
  message.headers.splice(Math.max(0, first), 0, { name, value });
}

/** Appends a header after all others. */
export function appendHeader(message: SipMessage, name: string, value: string): void {
  message.headers.push({ name, value });
}

/** A copy whose headers can be changed without changing the original; the body is shared. */
export function cloneMessage<T extends SipMessage>(message: T): T {
  return { ...message, headers: message.headers.map(({ name, value }) => ({ name, value })) };
}
