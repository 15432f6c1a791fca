// SPDX-License-Identifier: Apache-2.0
import type { Io } from '../io.ts';

/** Level from which on a program's log line is shown without --verbose (pino's numbers: 40 is warn). */
const WARN = 40;
const NAMES: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
/** Members of a log line that every line has. */
const USUAL = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'v']);

/** What `up` says: what a person asked for on stdout, what went wrong on stderr. */
export interface Console {
  say: (line: string) => void;
  warn: (line: string) => void;
  /** A line of a program's log. */
  log: (program: string, line: string) => void;
}

export function consoleFor(io: Io, { json, verbose }: { json: boolean; verbose: boolean }): Console {
  return {
    // With --json, stdout belongs to the ready line.
    say: (line) => (json ? io.stderr : io.stdout).write(`${line}\n`),
    warn: (line) => io.stderr.write(`${line}\n`),
    log: (program, line) => {
      const text = readable(line, verbose);
      if (text !== undefined) io.stderr.write(`${program}: ${text}\n`);
    },
  };
}

/** A log line for people; undefined where it is not worth showing. */
export function readable(line: string, verbose: boolean): string | undefined {
  if (!line.startsWith('{')) return line.trim() === '' ? undefined : line;
  try {
    const {
      level = 30,
      msg = '',
      ...rest
    } = JSON.parse(line) as Record<string, unknown> & { level?: number; msg?: string };
    if (!verbose && level < WARN) return undefined;
    const members = Object.entries(rest).filter(([name]) => !USUAL.has(name));
    return [NAMES[level] ?? String(level), msg, ...members.map(member)].join(' ');
  } catch {
    return line;
  }
}

function member([name, value]: [string, unknown]): string {
  const { message } = (value ?? {}) as { message?: unknown };
  const text = typeof message === 'string' ? message : value;
  return `${name}=${typeof text === 'string' ? text : JSON.stringify(text)}`;
}
