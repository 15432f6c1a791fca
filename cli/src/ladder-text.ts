// SPDX-License-Identifier: Apache-2.0

/** What strangers put into SIP must not steer the reader's terminal: control characters become `?`. */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');

/** At most `length` characters, the last one a mark where something was cut off. */
export const shorten = (text: string, length: number, mark = '…'): string =>
  text.length <= length ? text : text.slice(0, Math.max(0, length - mark.length)) + mark;
