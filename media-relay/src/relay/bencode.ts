// SPDX-License-Identifier: Apache-2.0

/*
 * Bencode for the ng protocol. Our own, because the npm package `bencode` 2.0.3 never returns from the four bytes `l-3:`
 * (a negative length moves its position backwards), and the relay's socket has no authentication.
 */

export type Bencoded =
  string | number | boolean | null | undefined | readonly Bencoded[] | { readonly [key: string]: Bencoded };

const MAX_DEPTH = 16;
const [COLON, DICTIONARY, END, INTEGER, LIST] = [0x3a, 0x64, 0x65, 0x69, 0x6c];

/** Strings count their UTF-8 bytes; dictionary keys are sorted; numbers lose their fraction; null and undefined are left out. */
export function encode(value: Bencoded): string {
  if (typeof value === 'string') return `${Buffer.byteLength(value)}:${value}`;
  if (typeof value === 'number' || typeof value === 'boolean') return `i${Math.trunc(Number(value))}e`;
  if (value === null || value === undefined) return '';
  if (isList(value)) return `l${value.map(encode).join('')}e`;
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `d${entries.map(([key, item]) => encode(key) + encode(item)).join('')}e`;
}

function isList(value: object): value is readonly Bencoded[] {
  return Array.isArray(value);
}

/** @throws Error where `data` is not exactly one bencoded value */
export function decode(data: Buffer): unknown {
  const reader = new Reader(data);
  const value = reader.value(0);
  if (reader.position !== data.length) throw new Error('bencode: bytes after the value');
  return value;
}

class Reader {
  position = 0;
  readonly #data: Buffer;

  constructor(data: Buffer) {
    this.#data = data;
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new Error('bencode: nested too deeply');
    switch (this.#data[this.position]) {
      case DICTIONARY:
        return this.#dictionary(depth);
      case LIST:
        return this.#list(depth);
      case INTEGER:
        this.position++;
        return this.#number(END, true);
      default:
        return this.#string();
    }
  }

  #dictionary(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.position++;
    while (!this.#atEnd()) entries.push([this.#string(), this.value(depth + 1)]);
    // fromEntries defines own properties: a key `__proto__` stays a plain key.
    return Object.fromEntries(entries);
  }

  #list(depth: number): unknown[] {
    const items: unknown[] = [];
    this.position++;
    while (!this.#atEnd()) items.push(this.value(depth + 1));
    return items;
  }

  #atEnd(): boolean {
    if (this.#data[this.position] !== END) return false;
    this.position++;
    return true;
  }

  #string(): string {
    const length = this.#number(COLON, false);
    const end = this.position + length;
    if (end > this.#data.length) throw new Error('bencode: a string is cut short');
    const text = this.#data.toString('utf8', this.position, end);
    this.position = end;
    return text;
  }

  #number(delimiter: number, signed: boolean): number {
    const end = this.#data.indexOf(delimiter, this.position);
    const digits =
      end < 0 ? '' : this.#data.toString('latin1', this.position, Math.min(end, this.position + 20));
    if (!(signed ? /^-?\d{1,15}$/ : /^\d{1,8}$/).test(digits)) throw new Error('bencode: not a number');
    this.position = end + 1;
    return Number(digits);
  }
}
