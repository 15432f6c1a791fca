// SPDX-License-Identifier: Apache-2.0
import { findClosingQuote, formatParams, parseParams, splitList, type Params } from './params.ts';
import { ParseError } from './parse-error.ts';

/** A From, To, Contact, Route, P-Asserted-Identity ... element: `"name" <uri>;params` or `uri;params` (RFC 3261 §20.10). */
export interface NameAddr {
  /** Without quotes and escapes; undefined where there is none. */
  displayName: string | undefined;
  uri: string;
  /** The header's parameters, not the URI's. */
  params: Params;
}

/** One element, not a list.  @throws ParseError */
export function parseNameAddr(value: string): NameAddr {
  const text = value.trim();
  if (text.startsWith('"')) {
    const close = findClosingQuote(text, 0);
    const open = text.indexOf('<', close);
    if (open < 0 || text.slice(close + 1, open).trim() !== '') fail(text);
    return readBracketed(text, open, unescape(text.slice(1, close)));
  }
  const open = text.indexOf('<');
  if (open >= 0) {
    const name = text.slice(0, open).trim();
    if (name.includes('"')) fail(text);
    return readBracketed(text, open, name === '' ? undefined : name);
  }
  return readBare(text);
}

/** Without brackets everything after the first `;` belongs to the header (RFC 3261 §20). */
function readBare(text: string): NameAddr {
  const semicolon = text.indexOf(';');
  const uri = (semicolon < 0 ? text : text.slice(0, semicolon)).trim();
  if (uri === '' || /[\s",>]/.test(uri)) fail(text);
  return { displayName: undefined, uri, params: parseParams(semicolon < 0 ? '' : text.slice(semicolon)) };
}

function readBracketed(text: string, open: number, displayName: string | undefined): NameAddr {
  const close = text.indexOf('>', open);
  const uri = text.slice(open + 1, close);
  if (close < 0 || uri === '' || /[\s<"]/.test(uri)) fail(text);
  return { displayName, uri, params: parseParams(text.slice(close + 1)) };
}

function fail(text: string): never {
  throw new ParseError(`${JSON.stringify(text)} is not an address: "name" <uri>;params`);
}

function unescape(quoted: string): string {
  return quoted.includes('\\') ? quoted.replace(/\\(.)/gs, '$1') : quoted;
}

/** Always with brackets; the name in quotes. */
export function formatNameAddr(address: NameAddr): string {
  const name = address.displayName === undefined ? '' : `"${address.displayName.replace(/["\\]/g, '\\$&')}" `;
  return `${name}<${address.uri}>${formatParams(address.params)}`;
}

/** All elements of a header value.  @throws ParseError */
export function parseNameAddrList(value: string): NameAddr[] {
  return splitList(value).map(parseNameAddr);
}

/** The `tag` of a From or To value; undefined where there is none or the value is broken. */
export function readTag(value: string): string | undefined {
  // A tag inside the brackets or quotes is none: those need the full reading.
  const tail = value.slice(value.lastIndexOf('>') + 1);
  if (!/tag/i.test(tail)) return undefined;
  try {
    return parseNameAddr(value).params.get('tag');
  } catch {
    return undefined;
  }
}
