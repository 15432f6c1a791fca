// SPDX-License-Identifier: Apache-2.0
import { ParseError } from './parse-error.ts';

/** Parameters after `;`. Names in lower case (they are case-insensitive); undefined: a flag without value. */
export type Params = Map<string, string | undefined>;

/** Reads `;a=b;c` (blanks around every part are allowed). Quoted values keep their quotes.  @throws ParseError */
export function parseParams(text: string): Params {
  const params: Params = new Map();
  const trimmed = text.trim();
  if (trimmed === '') return params;
  if (!trimmed.startsWith(';')) throw new ParseError(`"${trimmed}" stands where a parameter should begin`);
  for (const part of splitOutside(trimmed, ';').slice(1)) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    // `;;` and a closing `;` are common and harmless.
    if (name === '') continue;
    if (!params.has(name)) params.set(name, equals < 0 ? undefined : part.slice(equals + 1).trim());
  }
  return params;
}

/** `;a=b;c`, as it was. */
export function formatParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
}

/** Cuts a header value at the commas outside quotes and angle brackets (RFC 3261 §7.3.1); empty elements are left out. */
export function splitList(value: string): string[] {
  if (!value.includes(',')) return value.trim() === '' ? [] : [value.trim()];
  return splitOutside(value, ',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

/** @throws ParseError for an open quote */
function splitOutside(text: string, separator: string): string[] {
  if (!text.includes('"') && !text.includes('<')) return text.split(separator);
  const parts: string[] = [];
  let begin = 0;
  let bracket = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"' && !bracket) at = findClosingQuote(text, at);
    else if (char === '<') bracket = true;
    else if (char === '>') bracket = false;
    else if (char === separator && !bracket) {
      parts.push(text.slice(begin, at));
      begin = at + 1;
    }
  }
  parts.push(text.slice(begin));
  return parts;
}

/** Index of the quote that ends the quoted string at `open`.  @throws ParseError when there is none */
export function findClosingQuote(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  throw new ParseError('a quoted string has no closing quote');
}
