// SPDX-License-Identifier: Apache-2.0
import {
  formatNameAddr,
  formatParams,
  formatSipUri,
  formatVia,
  ParseError,
  parseCSeq,
  parseNameAddr,
  parseNameAddrList,
  parseParams,
  parseSipUri,
  parseVia,
  readTag,
  splitList,
} from '../../../sip-engine/src/message/index.ts';
import { corpus } from '../corpus.ts';
import { allowing, same, type Target } from '../target.ts';

/** Reads, writes and reads again: what is written does not change any more. */
const stable = <T>(
  what: string,
  text: string,
  read: (text: string) => T,
  write: (value: T) => string,
): boolean => {
  const value = allowing(ParseError, () => read(text));
  if (value === undefined) return false;
  const written = write(value);
  same(what, write(read(written)), written);
  return true;
};

/** Addresses, URIs, Vias, parameters and lists of them, out of header lines. */
export const headerValues: Target = {
  name: 'header-values',
  seeds: corpus('value'),
  run(input) {
    const text = input.toString('utf8');
    readTag(text);
    allowing(ParseError, () => splitList(text));
    allowing(ParseError, () => parseNameAddrList(text));
    allowing(ParseError, () => parseCSeq(text));
    return [
      stable('an address', text, parseNameAddr, formatNameAddr),
      stable('a URI', text, parseSipUri, formatSipUri),
      stable('a Via', text, parseVia, formatVia),
      stable('parameters', text, parseParams, formatParams),
    ].some(Boolean);
  },
};
