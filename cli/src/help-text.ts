// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from './io.ts';
import type { Program } from './run.ts';
import { table } from './table.ts';

/** `trunkline help`: every command in one line. */
export function helpText({ name, about, commands }: Program): string {
  const rows = Object.entries(commands).map(([command, entry]) => [`  ${name} ${command}`, entry.summary]);
  return `${about}\n\n${table(rows)}\n${name} help COMMAND lists its flags.\n`;
}

/** `trunkline help NAME`. */
export function usageText(command: string, entry: CommandEntry): string {
  return `${command}: ${entry.summary}\n\n${entry.usage.trim()}\n`;
}
