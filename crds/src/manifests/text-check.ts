// SPDX-License-Identifier: Apache-2.0
import type { SyntaxFinding } from './yaml-document.ts';

/** What YAML 1.2 §5.1 calls printable, without U+FFFD: the decoder puts that where the bytes are no UTF-8. */
const NOT_TEXT = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffc\u{10000}-\u{10ffff}]/u;

/** The first character that makes a file something else than YAML, as kubectl sees it; the rest is then not worth reading. */
export function textFinding(text: string): SyntaxFinding | undefined {
  const at = text.search(NOT_TEXT);
  if (at < 0) return undefined;
  const before = text.slice(0, at).split('\n');
  return {
    path: [],
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    message: 'is not text in UTF-8, which YAML must be',
    remedy: 'Save it as UTF-8 without control characters, or move it out of the directory',
  };
}
