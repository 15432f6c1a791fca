// SPDX-License-Identifier: Apache-2.0
import { run, type Program } from './run.ts';

/** Runs the program on the words that this process was called with, and leaves its exit code. */
export async function runProcess(program: Program): Promise<void> {
  // A reader that has seen enough (`trunkline calls | head`) is no mistake, and must not end `trunkline up`.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  process.exitCode = await run(program, process.argv.slice(2), process);
}
