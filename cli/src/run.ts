// SPDX-License-Identifier: Apache-2.0
import { nearest } from '@trunkline/crds';
import { helpText, usageText } from './help-text.ts';
import type { CommandEntry, CommandTable, Io } from './io.ts';
import { CommandError, UsageError } from './usage-error.ts';

/** Commands under the name by which they are called: `trunkline`, `kubectl trunkline`. */
export interface Program {
  name: string;
  /** First line of the help. */
  about: string;
  commands: CommandTable;
}

/** Runs `trunkline ARGV`. Exit codes: 0 done, 1 it did not work, 2 called wrongly. */
export async function run(program: Program, argv: string[], io: Io): Promise<number> {
  const [name = 'help', ...rest] = argv;
  if (['help', '--help', '-h'].includes(name)) return help(program, rest, io);
  const entry = entryOf(program.commands, name === '--version' ? 'version' : name);
  if (!entry) return unknownCommand(program, name, io);
  if (rest.includes('--help') || rest.includes('-h')) return help(program, [name], io);
  try {
    const command = await entry.load();
    return await command(rest, io);
  } catch (error) {
    return failed(error, `${program.name} ${name}`, `${program.name} help ${name}`, io);
  }
}

/** `trunkline constructor` is no command. */
function entryOf(commands: CommandTable, name: string): CommandEntry | undefined {
  return Object.hasOwn(commands, name) ? commands[name] : undefined;
}

function help(program: Program, [name]: string[], io: Io): number {
  if (name === undefined) {
    io.stdout.write(helpText(program));
    return 0;
  }
  const entry = entryOf(program.commands, name);
  if (!entry) return unknownCommand(program, name, io);
  io.stdout.write(usageText(`${program.name} ${name}`, entry));
  return 0;
}

function unknownCommand(program: Program, name: string, io: Io): number {
  const meant = nearest(name, Object.keys(program.commands));
  const hint = meant === undefined ? `see \`${program.name} help\`` : `did you mean ${meant}?`;
  io.stderr.write(`${program.name}: unknown command "${name}", ${hint}\n`);
  return 2;
}

function failed(error: unknown, name: string, helpCommand: string, io: Io): number {
  if (error instanceof UsageError) {
    io.stderr.write(`${name}: ${error.message} (see \`${helpCommand}\`)\n`);
    return 2;
  }
  if (error instanceof CommandError) {
    io.stderr.write(`${name}: ${error.message}\n`);
    return 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr.write(`${name}: this should not happen, please report it: ${text}\n`);
  return 1;
}
