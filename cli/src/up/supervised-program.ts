// SPDX-License-Identifier: Apache-2.0
import { startChild, type Child } from './child.ts';
import type { ReadyLine } from './ready-line.ts';

/** A program to keep running. */
export interface ProgramSpec {
  name: string;
  script: string;
  /** Its arguments; after a restart the ports that it had before are given, so that the others find it again. */
  args: (before: ReadyLine | undefined) => string[];
  /** Done before each start. */
  prepare?: () => Promise<void>;
}

/** What a supervisor has to tell. */
export interface ProgramEvents {
  log: (program: string, line: string) => void;
  died: (program: string, how: string, restartInMs: number) => void;
  back: (program: string) => void;
}

export interface RestartTiming {
  readyTimeoutMs: number;
  firstWaitMs: number;
  longestWaitMs: number;
  /** After running this long, the next restart waits the first wait again. */
  steadyMs: number;
  /** From SIGINT to SIGKILL. */
  killMs: number;
}

export const DEFAULT_TIMING: RestartTiming = {
  // A machine that has just booted, and starts everything at once, is slow.
  readyTimeoutMs: 60_000,
  firstWaitMs: 200,
  longestWaitMs: 5_000,
  steadyMs: 30_000,
  killMs: 3_000,
};

const KEPT_LOG_LINES = 20;

/** One program: started, restarted with growing waits when it dies, stopped. */
export class SupervisedProgram {
  readonly name: string;
  readonly #spec: ProgramSpec;
  readonly #events: ProgramEvents;
  readonly #timing: RestartTiming;
  readonly #lastLog: string[] = [];
  #child: Child | undefined;
  #ready: ReadyLine | undefined;
  #serving = false;
  #stopping = false;
  #wait: number;
  #waking: () => void = () => undefined;
  #kept: Promise<void> = Promise.resolve();
  restarts = 0;

  constructor(spec: ProgramSpec, events: ProgramEvents, timing: RestartTiming = DEFAULT_TIMING) {
    this.name = spec.name;
    this.#spec = spec;
    this.#events = events;
    this.#timing = timing;
    this.#wait = timing.firstWaitMs;
  }

  /** Its last ready line. */
  get ready(): ReadyLine | undefined {
    return this.#ready;
  }

  get serving(): boolean {
    return this.#serving;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it for the first time; rejects, with the end of its log, where it does not come up. */
  async start(): Promise<ReadyLine> {
    try {
      await this.#launch();
    } catch (error) {
      await this.stop('SIGINT');
      throw new Error(`${this.name} did not start (${(error as Error).message})${this.#tail()}`, {
        cause: error,
      });
    }
    this.#kept = this.#keepRunning();
    return this.#ready as ReadyLine;
  }

  /** SIGTERM waits as long as the program drains; SIGINT is followed by SIGKILL. Resolves when it has ended. */
  async stop(signal: 'SIGTERM' | 'SIGINT'): Promise<void> {
    this.#stopping = true;
    this.#waking();
    const child = this.#child;
    if (child) {
      child.kill(signal);
      const hard =
        signal === 'SIGINT'
          ? setTimeout(() => {
              child.kill('SIGKILL');
            }, this.#timing.killMs)
          : undefined;
      await child.ended;
      clearTimeout(hard);
    }
    await this.#kept;
  }

  async #launch(): Promise<void> {
    await this.#spec.prepare?.();
    this.#lastLog.length = 0;
    const child = startChild({
      script: this.#spec.script,
      args: this.#spec.args(this.#ready),
      onLog: (line) => {
        this.#keepLog(line);
      },
    });
    this.#child = child;
    this.#ready = await withTimeout(child.ready, this.#timing.readyTimeoutMs);
    this.#serving = true;
  }

  async #keepRunning(): Promise<void> {
    let since = Date.now();
    for (;;) {
      const how = (await this.#child?.ended) ?? 'never started';
      this.#serving = false;
      if (this.#stopping) return;
      if (Date.now() - since >= this.#timing.steadyMs) this.#wait = this.#timing.firstWaitMs;
      await this.#pause(how);
      if (this.#isStopping()) return;
      this.restarts += 1;
      since = Date.now();
      await this.#relaunch();
    }
  }

  async #relaunch(): Promise<void> {
    try {
      await this.#launch();
      if (this.#stopping) this.#child?.kill('SIGINT');
      else this.#events.back(this.name);
    } catch {
      // Its end is handled by the loop; one that hangs is ended.
      this.#child?.kill('SIGKILL');
    }
  }

  async #pause(how: string): Promise<void> {
    const wait = this.#wait;
    this.#wait = Math.min(wait * 2, this.#timing.longestWaitMs);
    this.#events.died(this.name, how, wait);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.#waking = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #isStopping(): boolean {
    return this.#stopping;
  }

  #keepLog(line: string): void {
    this.#lastLog.push(line);
    if (this.#lastLog.length > KEPT_LOG_LINES) this.#lastLog.shift();
    this.#events.log(this.name, line);
  }

  #tail(): string {
    return this.#lastLog.length === 0 ? '' : `; its log ends with:\n${this.#lastLog.slice(-5).join('\n')}`;
  }
}

async function withTimeout<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not ready after ${ms / 1000} s`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
