// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry, CommandTable } from './io.ts';
import { table } from './table.ts';

/** `trunkline help`: every command in one line. */
export function helpText(commands: CommandTable): string {
  const rows = Object.entries(commands).map(([name, entry]) => [`  trunkline ${name}`, entry.summary]);
  return `Elastic SIP trunking on your own machines.\n\n${table(rows)}\ntrunkline help COMMAND lists its flags.\n`;
}

/** `trunkline help NAME`. */
export function usageText(name: string, entry: CommandEntry): string {
  return `trunkline ${name}: ${entry.summary}\n\n${entry.usage.trim()}\n`;
}
