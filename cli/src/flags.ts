// SPDX-License-Identifier: Apache-2.0
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { nearest } from '@trunkline/crds';
import { UsageError } from './usage-error.ts';

/** Flags of a command by `node:util` parseArgs; throws `UsageError` that names what was meant. */
export function parseFlags<const T extends ParseArgsOptionsConfig>(argv: string[], options: T) {
  const { values, positionals } = parseWords(argv, options);
  if (positionals[0] !== undefined) throw new UsageError(`unexpected argument "${positionals[0]}"`);
  return values;
}

/** The same where words that are no flags have a meaning too. */
export function parseWords<const T extends ParseArgsOptionsConfig>(argv: string[], options: T) {
  try {
    return parseArgs({ args: joined(argv, options), options, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError(explain(error, argv, Object.keys(options)));
  }
}

/** Flags that several commands share, and the words that are left for the command's own. */
export function takeFlags<const T extends ParseArgsOptionsConfig>(argv: string[], options: T) {
  const args = joined(argv, options);
  const { values, tokens } = parseArgs({
    ...{ args, options, strict: false, allowPositionals: true, tokens: true },
  });
  const rest: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') rest.push(token.value);
    else if (token.kind === 'option-terminator') rest.push('--');
    else if (!Object.hasOwn(options, token.name)) rest.push(args[token.index] ?? token.rawName);
    else checkValue(token, options[token.name]?.type);
  }
  const own = Object.entries(values).filter(([name]) => Object.hasOwn(options, name));
  return { values: Object.fromEntries(own) as FlagValues<T>, rest };
}

/** Not strict, a flag that needs a value and has none would count as given. */
function checkValue(
  { rawName, value }: { rawName: string; value?: string | undefined },
  type?: string,
): void {
  if (type === 'string' && value === undefined) throw new UsageError(`${rawName} needs a value`);
  if (type === 'boolean' && value !== undefined) throw new UsageError(`${rawName} takes no value`);
}

type FlagValues<T extends ParseArgsOptionsConfig> = {
  [K in keyof T]?: T[K]['type'] extends 'boolean' ? boolean : string;
};

/** The value of a flag that must be given. */
export function required(value: string | undefined, flag: string, meaning: string): string {
  if (value === undefined || value === '') throw new UsageError(`${flag} is missing: ${meaning}`);
  return value;
}

/** A whole number within bounds; throws `UsageError`. */
export function wholeNumber(text: string, flag: string, [min, max]: [number, number]): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${flag} "${text}" is not a whole number from ${min} to ${max}`);
}

function explain(error: unknown, argv: string[], flags: string[]): string {
  const { code, message } = error as { code?: string; message: string };
  const unknown = argv.find((word) => word.startsWith('--') && !flags.includes(nameOf(word)));
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && unknown !== undefined) {
    const meant = nearest(nameOf(unknown), flags);
    return `unknown flag --${nameOf(unknown)}${meant === undefined ? '' : `, did you mean --${meant}?`}`;
  }
  return message.replace(/\s+/g, ' ').replace(/\. To specify .*$/, '');
}

/** `--from +15550100` and `--to -x`: a value is what follows, whatever it begins with, except another flag. */
function joined(argv: string[], options: ParseArgsOptionsConfig): string[] {
  const words: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const next = argv[index + 1];
    const takesValue =
      word.startsWith('--') && !word.includes('=') && options[nameOf(word)]?.type === 'string';
    if (takesValue && next !== undefined && !next.startsWith('--')) {
      words.push(`${word}=${next}`);
      index += 1;
    } else words.push(word);
  }
  return words;
}

function nameOf(word: string): string {
  return word.replace(/^--/, '').split('=')[0] ?? '';
}
