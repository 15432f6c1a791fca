// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

/** What a program has printed is kept up to this many characters, the newest. */
const KEPT = 300_000_000;

export interface ProgramOptions {
  command: string;
  args: string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** All of its standard input; default: open, and empty. */
  input?: string;
}

/** A child process of a test. */
export interface Program {
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code, or 128 + signal number where a signal ended it. */
  readonly exited: Promise<number>;
  /** First line on stdout that fits. Rejects when the program ends before, or after `timeoutMs`. */
  line<Value>(match: (line: string) => Value | undefined, timeoutMs?: number): Promise<Value>;
  signal(signal: NodeJS.Signals): void;
  /** Signal, wait, SIGKILL after `graceMs` (5,000); gives the exit code. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<number>;
}

/** A test process that ends early takes its programs with it. */
const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export const startProgram = ({ command, args, cwd, env, input }: ProgramOptions): Program => {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  alive.add(child);
  const text = { out: '', err: '' };
  const seen = new Set<() => void>();
  const tell = () => {
    for (const look of seen) look();
  };
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    text.out = (text.out + data).slice(-KEPT);
    tell();
  });
  child.stderr.setEncoding('utf8').on('data', (data: string) => {
    text.err = (text.err + data).slice(-KEPT);
  });
  child.stdin.on('error', () => undefined);
  if (input !== undefined) child.stdin.end(input);
  const ended = { code: undefined as number | undefined };
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      alive.delete(child);
      ended.code = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15);
      resolve(ended.code);
      tell();
    });
  });
  exited.catch(() => undefined);
  const about = `${command} ${args.join(' ')}`;

  return {
    pid: child.pid ?? 0,
    get stdout() {
      return text.out;
    },
    get stderr() {
      return text.err;
    },
    exited,
    line: (match, timeoutMs = 30_000) =>
      new Promise((resolve, reject) => {
        const finish = (done: () => void) => {
          clearTimeout(timer);
          seen.delete(look);
          done();
        };
        const fail = (why: string) => {
          finish(() => {
            reject(
              new Error(`${about}\n${why}; it said:\n${text.out.slice(-2_000)}\n${text.err.slice(-4_000)}`),
            );
          });
        };
        const look = () => {
          for (const line of text.out.split('\n')) {
            const value = match(line);
            if (value === undefined) continue;
            finish(() => {
              resolve(value);
            });
            return;
          }
          if (ended.code !== undefined) fail(`ended with ${ended.code}`);
        };
        const timer = setTimeout(() => {
          fail(`printed nothing that fits in ${timeoutMs} ms`);
        }, timeoutMs);
        exited.catch((error: unknown) => {
          fail(String(error));
        });
        seen.add(look);
        look();
      }),
    signal: (signal) => {
      child.kill(signal);
    },
    stop: async (signal = 'SIGINT', graceMs = 5_000) => {
      if (ended.code !== undefined) return ended.code;
      child.kill(signal);
      const late = await Promise.race([exited.then(() => false), wait(graceMs, true, { ref: false })]);
      if (late) child.kill('SIGKILL');
      return exited;
    },
  };
};

/** Whether a program is on PATH. */
export const isInstalled = (command: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

/**
 * For `describe`: true where the program is there. Where it is not, says so; under `CI=true` that is a failure, because a
 * suite that silently tests nothing is worse than none.
 */
export const requireProgram = (command: string): boolean => {
  if (isInstalled(command)) return true;
  const message = `${command} is not installed: e2e/programs.sh installs it`;
  if (process.env.CI === 'true') throw new Error(message);
  process.stderr.write(`skipped: ${message}\n`);
  return false;
};
