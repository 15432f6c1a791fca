// SPDX-License-Identifier: Apache-2.0
import { startProgram } from './program.ts';
import { TRUNKLINE } from './trunkline-up.ts';

/** What a command that ended has left. */
export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** `trunkline ARGV`, as a user runs it. */
export const runTrunkline = async (
  argv: string[],
  options: { cwd?: string } = {},
): Promise<CommandResult> => {
  const program = startProgram({ command: TRUNKLINE, args: argv, ...options });
  const exitCode = await program.exited;
  return { exitCode, stdout: program.stdout, stderr: program.stderr };
};
