// SPDX-License-Identifier: Apache-2.0
import { nearest } from '@trunkline/crds';
import { helpText, usageText } from './help-text.ts';
import type { CommandEntry, CommandTable, Io } from './io.ts';
import { CommandError, UsageError } from './usage-error.ts';

/** Runs `trunkline ARGV`. Exit codes: 0 done, 1 it did not work, 2 called wrongly. */
export async function run(commands: CommandTable, argv: string[], io: Io): Promise<number> {
  const [name = 'help', ...rest] = argv;
  if (['help', '--help', '-h'].includes(name)) return help(commands, rest, io);
  const entry = entryOf(commands, name === '--version' ? 'version' : name);
  if (!entry) return unknownCommand(commands, name, io);
  if (rest.includes('--help') || rest.includes('-h')) return help(commands, [name], io);
  try {
    const command = await entry.load();
    return await command(rest, io);
  } catch (error) {
    return failed(error, name, io);
  }
}

/** `trunkline constructor` is no command. */
function entryOf(commands: CommandTable, name: string): CommandEntry | undefined {
  return Object.hasOwn(commands, name) ? commands[name] : undefined;
}

function help(commands: CommandTable, [name]: string[], io: Io): number {
  if (name === undefined) {
    io.stdout.write(helpText(commands));
    return 0;
  }
  const entry = entryOf(commands, name);
  if (!entry) return unknownCommand(commands, name, io);
  io.stdout.write(usageText(name, entry));
  return 0;
}

function unknownCommand(commands: CommandTable, name: string, io: Io): number {
  const meant = nearest(name, Object.keys(commands));
  const hint = meant === undefined ? 'see `trunkline help`' : `did you mean ${meant}?`;
  io.stderr.write(`trunkline: unknown command "${name}", ${hint}\n`);
  return 2;
}

function failed(error: unknown, name: string, io: Io): number {
  if (error instanceof UsageError) {
    io.stderr.write(`trunkline ${name}: ${error.message} (see \`trunkline help ${name}\`)\n`);
    return 2;
  }
  if (error instanceof CommandError) {
    io.stderr.write(`trunkline ${name}: ${error.message}\n`);
    return 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr.write(`trunkline ${name}: this should not happen, please report it: ${text}\n`);
  return 1;
}
