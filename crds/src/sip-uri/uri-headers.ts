// SPDX-License-Identifier: Apache-2.0
import { UriRefusal } from './uri-refusal.ts';

/** A header that every call to the URI carries. */
export interface UriHeader {
  name: string;
  value: string;
}

/** RFC 3261 §25.1 `token`, beginning with `X-`. */
const HEADER_NAME = /^X-[\w\-.!%*+`'~]+$/i;

/**
 * Reads what follows the `?` (RFC 3261 §19.1.1 "headers"). Only `X-` headers are allowed: anything else could forge
 * what the proxy asserts about the call (From, Diversion, Route).
 */
export function parseHeaders(text: string): UriHeader[] {
  return text.split('&').map(parseHeader);
}

function parseHeader(text: string): UriHeader {
  const equals = text.indexOf('=');
  if (equals < 0)
    throw new UriRefusal(
      `has the header "${text}" without a value`,
      'Write ?X-name=value, more of them joined by &',
    );
  const name = decode(text.slice(0, equals));
  const value = decode(text.slice(equals + 1));
  if (!HEADER_NAME.test(name)) {
    throw new UriRefusal(
      `sets the header "${name}"`,
      'Only headers whose names begin with X- can be set: rename or remove it',
    );
  }
  // A decoded line break would begin a header of its own (RFC 3261 §19.1.5, §26.1).
  if (hasControlCharacter(value))
    throw new UriRefusal(`has a control character in the header ${name}`, 'Remove the %0D, %0A or the like');
  return { name, value };
}

function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UriRefusal(`has "${text}", which cannot be decoded`, 'Correct the %XX escapes');
  }
}
