// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseReadyLine, type ReadyLine } from './ready-line.ts';

/** A running program of ours. */
export interface Child {
  pid: number | undefined;
  /** Its ready line; rejects where it ends before that. */
  ready: Promise<ReadyLine>;
  /** How it ended: `exit code 1`, `signal SIGKILL`. */
  ended: Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

export interface ChildStart {
  /** Path of a TypeScript or JavaScript program. */
  script: string;
  args: string[];
  /** Each line of its log. */
  onLog: (line: string) => void;
}

/**
 * Starts a program of ours. Its stdin is a pipe that closes when this process ends, however it ends, and the program
 * ends then; a process group of its own keeps the terminal's Ctrl-C for us to hand on.
 */
export function startChild({ script, args, onLog }: ChildStart): Child {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, TRUNKLINE_CHILD: '1' },
    detached: true,
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      resolve(signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`);
    });
  });
  const ready = new Promise<ReadyLine>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = parseReadyLine(line);
      if (found) resolve(found);
    });
    void ended.then((how) => {
      reject(new Error(how));
    });
  });
  ready.catch(() => undefined);
  createInterface({ input: child.stderr }).on('line', onLog);
  // A program that dies while we write to it is reported by its end.
  child.stdin.on('error', () => undefined);
  return {
    pid: child.pid,
    ready,
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
  };
}
