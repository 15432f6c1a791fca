// SPDX-License-Identifier: Apache-2.0
import { formatProblem, type Problem } from '@trunkline/crds';
import { parseFlags, required } from '../flags.ts';
import type { Command } from '../io.ts';
import { compileFolder } from '../manifests/compiled-folder.ts';
import { byPlace, findingProblems } from '../manifests/finding-problems.ts';
import { styleFor, type Style } from '../style.ts';
import { CommandError } from '../usage-error.ts';

/** `trunkline check -f DIR`. */
export const checkCommand: Command = async (argv, io) => {
  const flags = parseFlags(argv, {
    file: { type: 'string', short: 'f' },
    'base-domain': { type: 'string', default: 'example.com' },
  });
  const path = required(flags.file, '-f', 'name the directory of manifests, -f DIR');
  const folder = await compileFolder(path, flags['base-domain']);
  const { resources, problems, compilation } = folder;
  const all = [...problems, ...findingProblems(compilation.findings, folder)].sort(byPlace);
  if (all.length === 0 && resources.length === 0) {
    throw new CommandError(`-f ${path} has no manifests: put *.yaml files there`);
  }
  const style = styleFor(io.stdout, io.env);
  for (const problem of all) io.stdout.write(`${painted(problem, style)}\n`);
  const errors = all.filter((problem) => problem.severity === 'error').length;
  io.stdout.write(`${summary(resources.length, errors, all.length - errors)}\n`);
  return errors > 0 ? 1 : 0;
};

function painted(problem: Problem, style: Style): string {
  const paint = problem.severity === 'error' ? style.red : style.yellow;
  return formatProblem(problem).replace(/^\S+(?=: )/, paint);
}

function summary(resources: number, errors: number, warnings: number): string {
  const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
  const sound = counted(resources, 'resource');
  if (errors + warnings === 0) return `${sound}, no problems`;
  const parts = [
    errors > 0 ? counted(errors, 'error') : '',
    warnings > 0 ? counted(warnings, 'warning') : '',
  ];
  const found = parts.filter((part) => part !== '').join(', ');
  return errors > 0 ? `${found}; ${sound} without errors of their own` : `${sound}, no errors, ${found}`;
}
