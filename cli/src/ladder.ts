// SPDX-License-Identifier: Apache-2.0
import type { CallRecord, LadderEntry } from '@trunkline/sip-proxy/records';
import { ladderColumns, type LadderColumn } from './ladder-columns.ts';
import { printable, shorten } from './ladder-text.ts';

export interface LadderOptions {
  /** Characters a line may have. Default 100. */
  width?: number;
  /** Only ASCII characters. */
  ascii?: boolean;
}

const UNICODE = { life: '│', line: '─', cross: '┼', right: '▶', left: '◀', cut: '…' };
const ASCII = { life: '|', line: '-', cross: '+', right: '>', left: '<', cut: '~' };
type Strokes = typeof UNICODE;

/**
 * The SIP messages of a call as a sequence diagram: a column for the caller, for trunkline and for each callee, an arrow
 * for each message, times in seconds after the first message. Ends with a line break; empty where no message is known.
 */
export const renderLadder = (record: CallRecord, options: LadderOptions = {}): string => {
  const [first] = record.ladder;
  if (!first) return '';
  const strokes = options.ascii ? ASCII : UNICODE;
  const columns = ladderColumns(record, options.width ?? 100);
  const start = Date.parse(first.at);
  const lines = [
    heading(columns, 'name'),
    heading(columns, 'detail'),
    ...record.ladder.map((entry) =>
      row({ entry, columns, strokes, time: seconds(Date.parse(entry.at) - start) }),
    ),
  ];
  const text = lines.map((line) => `${line.trimEnd()}\n`).join('');
  return options.ascii ? text.replaceAll('…', ASCII.cut).replaceAll(/[^\n\x20-\x7e]/g, '?') : text;
};

const seconds = (milliseconds: number): string => `+${(milliseconds / 1000).toFixed(3)}`;

/** Each column's text centred on its lifeline. */
const heading = (columns: LadderColumn[], member: 'name' | 'detail'): string => {
  let line = '';
  for (const column of columns) {
    const text = column[member];
    const at = Math.max(column.at - Math.floor(text.length / 2), line === '' ? 0 : line.length + 1);
    line = line.padEnd(at) + text;
  }
  return line;
};

interface Row {
  entry: LadderEntry;
  columns: LadderColumn[];
  strokes: Strokes;
  time: string;
}

const row = ({ entry, columns, strokes, time }: Row): string => {
  const line: string[] = Array.from({ length: (columns.at(-1)?.at ?? 0) + 1 }, () => ' ');
  for (const { at } of columns) line[at] = strokes.life;
  write(line, 0, time.padStart(10));
  const peer = columns.findIndex(({ name }) => name === entry.peer);
  drawArrow({
    line,
    columns,
    strokes,
    from: entry.direction === 'in' ? peer : 1,
    to: entry.direction === 'in' ? 1 : peer,
  });
  writeLabel({ line, columns, strokes, peer, text: printable(entry.summary) });
  return line.join('');
};

const write = (line: string[], at: number, text: string): void => {
  for (const [offset, character] of Array.from(text).entries()) line[at + offset] = character;
};

interface Arrow {
  line: string[];
  columns: LadderColumn[];
  strokes: Strokes;
  /** Indexes of columns. */
  from: number;
  to: number;
}

/** A lifeline on the way is crossed; the head stands beside the lifeline that it points at. */
const drawArrow = ({ line, columns, strokes, from, to }: Arrow): void => {
  const start = columns[Math.min(from, to)]?.at ?? 0;
  const end = columns[Math.max(from, to)]?.at ?? 0;
  for (let at = start + 1; at < end; at += 1)
    line[at] = line[at] === strokes.life ? strokes.cross : strokes.line;
  if (from < to) line[end - 1] = strokes.right;
  else line[start + 1] = strokes.left;
};

interface Label {
  line: string[];
  columns: LadderColumn[];
  strokes: Strokes;
  peer: number;
  text: string;
}

/** In the stretch beside trunkline's lifeline, between a stroke and a possible head at both ends. */
const writeLabel = ({ line, columns, strokes, peer, text }: Label): void => {
  const left = columns[peer === 0 ? 0 : 1]?.at ?? 0;
  const right = columns[peer === 0 ? 1 : 2]?.at ?? 0;
  const room = right - left - 6;
  write(line, left + 3, ` ${shorten(text, room, strokes.cut)} `);
};
