// SPDX-License-Identifier: Apache-2.0
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { targets } from './targets/index.ts';

export interface FuzzOptions {
  seconds: number;
  inputs: number;
  seed: number;
  /** Names; empty: all. */
  only: string[];
  /** Where findings are written. */
  out: string;
  /** One input, run once, instead of everything else. */
  repro: string | undefined;
}

export const USAGE = `fuzz [--seconds N] [--inputs N] [--seed N] [--target NAME]... [--out DIR] [--repro FILE]
  --seconds  goes on for so long (600), and
  --inputs   until so many inputs were read (1000000), but never for more than three times the seconds
  --seed     of the random numbers (the time)
  --target   only this one; may be repeated: ${targets.map(({ name }) => name).join(', ')}
  --out      folder for inputs that found something
  --repro    reads this file once with the one --target`;

/** Throws an Error where a flag is wrong. */
export const parseFuzzOptions = (argv: string[]): FuzzOptions => {
  const { values } = parseArgs({
    args: argv,
    options: {
      seconds: { type: 'string', default: '600' },
      inputs: { type: 'string', default: '1000000' },
      seed: { type: 'string' },
      target: { type: 'string', multiple: true, default: [] },
      out: { type: 'string', default: join(tmpdir(), 'trunkline-fuzz') },
      repro: { type: 'string' },
    },
  });
  const only = values.target;
  const unknown = only.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined) throw new Error(`--target ${JSON.stringify(unknown)} does not exist`);
  if (values.repro !== undefined && only.length !== 1) throw new Error('--repro needs one --target');
  return {
    seconds: whole(values.seconds, '--seconds'),
    inputs: whole(values.inputs, '--inputs'),
    seed: whole(values.seed ?? String(Date.now() % 2 ** 31), '--seed'),
    only,
    out: resolve(values.out),
    repro: values.repro,
  };
};

const whole = (text: string, flag: string): number => {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new Error(`${flag} ${JSON.stringify(text)} is not a whole number`);
};
