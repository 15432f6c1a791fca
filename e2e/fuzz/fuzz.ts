// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { FuzzOptions } from './options.ts';
import { AT, newMemory, viewOf, type SharedState } from './shared-state.ts';
import { targets } from './targets/index.ts';
import type { Report, Work } from './worker.ts';

/** No input takes so long on any machine: the thread hangs. */
const HANG_MS = 20_000;
/** Growth of the heap that is none, MB: the seeds kept are at their number long before. */
const GROWTH_MB = 32;
const MOST_FINDINGS = 10;

export interface Outcome {
  inputs: number;
  accepted: number;
  seconds: number;
  /** MB after a full collection, from the time when a tenth was done, and at the end. */
  heap: { early: number; late: number };
  findings: Finding[];
}

export interface Finding {
  target: string;
  problem: string;
  file: string;
}

/** Fuzzes in a thread of its own, so that a hang can be seen from outside. */
export const fuzz = async (options: FuzzOptions, say: (line: string) => void): Promise<Outcome> => {
  const memory = newMemory();
  const state = viewOf(memory);
  const work: Work = { memory, seed: options.seed, only: options.only };
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: work });
  const findings = new Map<string, Finding>();
  const heaps: { done: number; megabytes: number }[] = [];
  const found = (target: string, problem: string, input: Uint8Array) => {
    const key = `${target} ${problem.split('\n').slice(0, 2).join(' ').replaceAll(/\d+/g, 'N')}`.slice(
      0,
      120,
    );
    if (findings.has(key)) return;
    const finding = { target, problem, file: writeInput(options.out, target, input) };
    findings.set(key, finding);
    say(describe(finding));
  };
  worker.on('message', (report: Report) => {
    if (report.kind === 'heap') heaps.push({ done: inputsOf(state), megabytes: report.megabytes });
    else found(report.target, report.problem, report.input);
  });
  const ended = new Promise<void>((resolve) => worker.once('exit', resolve));
  worker.on('error', (error) => {
    found(targetOf(state), String(error.stack ?? error), inputOf(state));
  });
  const begun = performance.now();
  await Promise.race([
    ended,
    watch(options, { state, begun, say, full: () => findings.size >= MOST_FINDINGS }),
  ]);
  if (!(await stopped(state, ended))) {
    found(targetOf(state), `hangs: no end after ${HANG_MS} ms`, inputOf(state));
    await worker.terminate();
  }
  const inputs = inputsOf(state);
  return {
    inputs,
    accepted: state.numbers[AT.accepted] ?? 0,
    seconds: (performance.now() - begun) / 1000,
    heap: growth(heaps, inputs),
    findings: [...findings.values()],
  };
};

export const grows = ({ heap }: Outcome): boolean => heap.late - heap.early > GROWTH_MB;

interface Watching {
  state: SharedState;
  begun: number;
  say: (line: string) => void;
  full: () => boolean;
}

/** Returns when all is done, or nothing goes on. */
const watch = async (
  { seconds, inputs }: FuzzOptions,
  { state, begun, say, full }: Watching,
): Promise<void> => {
  let before = { done: -1, at: performance.now() };
  for (let said = 0; !full();) {
    await wait(250);
    const now = performance.now();
    const done = inputsOf(state);
    const passed = (now - begun) / 1000;
    if (done !== before.done) before = { done, at: now };
    if (now - before.at > HANG_MS) return;
    if ((passed >= seconds && done >= inputs) || passed >= 3 * seconds) return;
    if (passed - said >= 30) {
      said = passed;
      say(`${Math.round(passed)} s: ${done} inputs, ${Math.round(done / passed)}/s`);
    }
  }
};

/** Asks the thread to stop; false where it does not. */
const stopped = async (state: SharedState, ended: Promise<void>): Promise<boolean> => {
  Atomics.store(state.numbers, AT.stop, 1);
  return Promise.race([ended.then(() => true), wait(HANG_MS, false, { ref: false })]);
};

const inputsOf = ({ numbers }: SharedState): number => Atomics.load(numbers, AT.done);
const targetOf = ({ numbers }: SharedState): string => targets[numbers[AT.target] ?? 0]?.name ?? '';
const inputOf = ({ numbers, input }: SharedState): Uint8Array => input.slice(0, numbers[AT.length]);

const growth = (heaps: readonly { done: number; megabytes: number }[], inputs: number): Outcome['heap'] => {
  const early = heaps.find(({ done }) => done >= inputs / 10) ?? heaps[0];
  return { early: early?.megabytes ?? 0, late: heaps.at(-1)?.megabytes ?? 0 };
};

const writeInput = (folder: string, target: string, input: Uint8Array): string => {
  mkdirSync(folder, { recursive: true });
  const name = createHash('sha256').update(input).digest('hex').slice(0, 12);
  const file = join(folder, `${target}-${name}.bin`);
  writeFileSync(file, input);
  return file;
};

const describe = ({ target, problem, file }: Finding): string =>
  `FOUND by ${target}: ${problem}\n  again: node e2e/fuzz/main.ts --target ${target} --repro ${file}`;
