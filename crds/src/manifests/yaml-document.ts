// SPDX-License-Identifier: Apache-2.0
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
  type YAMLError,
} from 'yaml';
import type { FieldPath } from './field-path.ts';
import { textFinding } from './text-check.ts';

export interface Position {
  line: number;
  column: number;
}

/** A mistake in the YAML itself. */
export interface SyntaxFinding extends Position {
  path: FieldPath;
  message: string;
  remedy: string;
}

/** One document of a file: its value, and where each field of it stands. */
export interface YamlDocument {
  /** What could be read; of a document with `errors` only good for naming the resource. */
  value: unknown;
  errors: SyntaxFinding[];
  /** Falls back to the nearest object around a field that is not in the text. */
  locate: (path: FieldPath, at: 'value' | 'key') => Position;
}

/**
 * Messages by code of the `yaml` library. Its own messages can quote the text, which may be a Secret's, so they are
 * never shown.
 */
const SYNTAX: Record<string, [message: string, remedy: string]> = {
  DUPLICATE_KEY: ['is there twice', 'Keep one of the two'],
  TAB_AS_INDENT: ['is indented with a tab', 'Indent with spaces'],
  BAD_INDENT: ['is indented unevenly', 'Align it with its neighbours, with spaces'],
  MISSING_CHAR: [
    'lacks a closing quote or bracket, or a comma',
    'Close what was opened above or in this line',
  ],
  BLOCK_AS_IMPLICIT_KEY: ['has a second ": " in one line', 'Put the value in quotes'],
  MULTILINE_IMPLICIT_KEY: ['has a line without ": "', 'Write key: value'],
  BAD_ALIAS: ['begins with * and reads as an alias', 'Put the value in quotes'],
  BAD_SCALAR_START: ['begins with a character that YAML reserves', 'Put the value in quotes'],
  TAG_RESOLVE_FAILED: ['has a tag that is not understood', 'Remove the ! or put the value in quotes'],
};
const OTHER_SYNTAX: [string, string] = [
  'is not valid YAML',
  'Check indentation, quotes and colons around this line',
];

/** Reads all documents of a text. Never throws; documents without content are left out. */
export function parseYaml(text: string): YamlDocument[] {
  const noText = textFinding(text);
  if (noText !== undefined) return [{ value: undefined, errors: [noText], locate: () => noText }];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    // Its warnings on stderr would quote the text.
    logLevel: 'error',
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => toDocument(document, lines));
}

function toDocument(document: Document.Parsed, lines: LineCounter): YamlDocument[] {
  // What the library warns of (a tag that it ignores, an unknown directive) is surely not meant.
  const errors = [...document.errors, ...document.warnings].map((error) =>
    toSyntaxFinding(error, document, lines),
  );
  const value = readValue(document);
  if (value === undefined)
    errors.push({ line: 1, column: 1, path: [], message: OTHER_SYNTAX[0], remedy: OTHER_SYNTAX[1] });
  else if (errors.length === 0 && value.read === null) return [];
  const locate: YamlDocument['locate'] = (path, at) => positionOf(document, lines, path, at);
  return [{ value: value?.read, errors, locate }];
}

/** `undefined` where aliases do not resolve, or expand beyond reason. */
function readValue(document: Document.Parsed): { read: unknown } | undefined {
  try {
    return { read: document.toJS({ maxAliasCount: 100 }) as unknown };
  } catch {
    return document.errors.length > 0 ? { read: undefined } : undefined;
  }
}

function toSyntaxFinding(error: YAMLError, document: Document.Parsed, lines: LineCounter): SyntaxFinding {
  const [message, remedy] = syntaxText(error);
  // A repeated key is the field itself; anything else went wrong in what comes after a key.
  const end = error.code === 'DUPLICATE_KEY' ? error.pos[0] + 1 : error.pos[0];
  return { ...position(lines, error.pos[0]), path: pathBefore(document, end), message, remedy };
}

function syntaxText(error: YAMLError): [message: string, remedy: string] {
  // The library has one code for uneven lines and for a bracket that is still open when the lines go on.
  const open = error.code === 'BAD_INDENT' && error.message.startsWith('Flow ');
  return SYNTAX[open ? 'MISSING_CHAR' : error.code] ?? OTHER_SYNTAX;
}

function position(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** The field whose key begins last before the offset, as far as the document could be read. */
function pathBefore(document: Document.Parsed, offset: number): FieldPath {
  let best: FieldPath = [];
  visit(document, {
    Pair(_key, pair, ancestors) {
      const start = startOf(pair.key);
      if (start === undefined || start >= offset) return;
      best = [...stepsOf(ancestors, pair), keyText(pair.key)];
    },
  });
  return best;
}

function stepsOf(ancestors: readonly unknown[], last: unknown): (string | number)[] {
  return ancestors.flatMap((ancestor, index): (string | number)[] => {
    if (isPair(ancestor)) return [keyText(ancestor.key)];
    if (isSeq(ancestor)) return [ancestor.items.indexOf(ancestors[index + 1] ?? last)];
    return [];
  });
}

function keyText(key: unknown): string {
  const value = isScalar(key) ? key.value : key;
  // A collection as a key names no field, and making a text of it resolves merges, which may throw.
  return isNode(value) ? '' : String(value);
}

function startOf(node: unknown): number | undefined {
  const range =
    typeof node === 'object' && node !== null && 'range' in node ? (node as Node).range : undefined;
  return range?.[0];
}

function positionOf(
  document: Document.Parsed,
  lines: LineCounter,
  path: FieldPath,
  at: 'value' | 'key',
): Position {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? document.range[0];
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const child = childOf(node, step);
    if (child === undefined) break;
    const last = index === path.length - 1;
    const wanted = last && at === 'value' ? (startOf(child.value) ?? child.start) : child.start;
    offset = wanted ?? offset;
    node = child.value;
  }
  return position(lines, offset);
}

interface Child {
  /** Where its key begins, or the entry itself in a list. */
  start: number | undefined;
  value: unknown;
}

function childOf(node: unknown, step: string | number): Child | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? undefined : { start: startOf(item), value: item };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((candidate) => keyText(candidate.key) === step);
  return pair === undefined ? undefined : { start: startOf(pair.key), value: pair.value };
}
