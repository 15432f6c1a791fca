// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { fuzz, grows, type Outcome } from './fuzz.ts';
import { judge } from './judge.ts';
import { parseFuzzOptions, USAGE, type FuzzOptions } from './options.ts';
import { targets } from './targets/index.ts';

/** Exit codes: 0 nothing was found; 1 something was; 2 wrong flags. */
const main = async (argv: string[]): Promise<number> => {
  let options: FuzzOptions;
  try {
    options = parseFuzzOptions(argv);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  if (options.repro !== undefined) return reproduce(options.only[0] ?? '', options.repro);
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`fuzz: seed ${options.seed}, ${options.seconds} s and ${options.inputs} inputs`);
  const outcome = await fuzz(options, say);
  say(summary(outcome));
  return outcome.findings.length > 0 || grows(outcome) ? 1 : 0;
};

const summary = (outcome: Outcome): string => {
  const { inputs, accepted, seconds, heap, findings } = outcome;
  return [
    `fuzz: ${inputs} inputs in ${Math.round(seconds)} s, ${Math.round(inputs / seconds)} inputs/s, ${Math.round((100 * accepted) / Math.max(1, inputs))} % readable`,
    `heap ${heap.early.toFixed(1)} -> ${heap.late.toFixed(1)} MB${grows(outcome) ? ' (GROWS)' : ''}`,
    `${findings.length} found`,
  ].join('; ');
};

const reproduce = (name: string, file: string): number => {
  const target = targets.find((one) => one.name === name);
  const { accepted, problem } = judge(target!, readFileSync(file));
  process.stdout.write(`${problem ?? `nothing wrong: ${accepted ? 'readable' : 'refused'}`}\n`);
  return problem === undefined ? 0 : 1;
};

process.exit(await main(process.argv.slice(2)));
