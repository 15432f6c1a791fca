// SPDX-License-Identifier: Apache-2.0

const ESCAPES = new RegExp('\u001b\\[[0-9;]*m', 'g');

/** Rows in aligned columns, two blanks apart; colour codes take no room. Ends with a line break. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_unused, column) =>
    Math.max(...rows.map((row) => width(row[column] ?? ''))),
  );
  return rows.map((row) => `${line(row, widths)}\n`).join('');
}

function line(row: readonly string[], widths: number[]): string {
  return row
    .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
    .join('  ')
    .trimEnd();
}

function width(cell: string): number {
  return Array.from(cell.replaceAll(ESCAPES, '')).length;
}
