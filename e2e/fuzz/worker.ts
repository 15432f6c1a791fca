// SPDX-License-Identifier: Apache-2.0
import { setFlagsFromString, getHeapStatistics } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { LONGEST, mutate } from './mutate.ts';
import { judge } from './judge.ts';
import { seededRandom, type Random } from './random.ts';
import { AT, viewOf } from './shared-state.ts';
import type { Target } from './target.ts';
import { targets } from './targets/index.ts';

/** Tells the watching thread; it has the last word on when to stop. */
export type Report =
  | { kind: 'finding'; target: string; problem: string; input: Uint8Array }
  /** Heap in use after a full collection, MB. */
  | { kind: 'heap'; megabytes: number };

export interface Work {
  memory: SharedArrayBuffer;
  seed: number;
  /** Names; empty: all. */
  only: readonly string[];
}

/** Inputs that could be read are kept as seeds: so many for a target, and none longer than this. */
const KEPT = 100;
const KEPT_LENGTH = 4_096;
const INPUTS_A_TURN = 500;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const { memory, seed, only } = workerData as Work;
const { numbers, input: shown } = viewOf(memory);
const random: Random = seededRandom(seed);
const chosen = targets.filter(({ name }) => only.length === 0 || only.includes(name));
const pools = chosen.map((target) => ({ target, pool: [...target.seeds], first: target.seeds.length }));

const tell = (report: Report): void => parentPort?.postMessage(report);

const one = (target: Target, input: Buffer): boolean => {
  shown.set(input);
  numbers[AT.length] = input.length;
  numbers[AT.target] = targets.indexOf(target);
  const { accepted, problem } = judge(target, input);
  if (problem !== undefined) tell({ kind: 'finding', target: target.name, problem, input });
  numbers[AT.accepted] = (numbers[AT.accepted] ?? 0) + (accepted ? 1 : 0);
  Atomics.add(numbers, AT.done, 1);
  return accepted;
};

const next = (): void => {
  const { target, pool, first } = random.pick(pools);
  const input = mutate(random.pick(pool), random, random.pick(pool));
  if (!one(target, input) || input.length > KEPT_LENGTH) return;
  // A copy: a piece of a longer input would hold all of it.
  if (pool.length < first + KEPT) pool.push(Buffer.from(input));
  else pool[first + random.below(KEPT)] = Buffer.from(input);
};

const heap = (): void => {
  collect();
  const { used_heap_size: used, external_memory: external } = getHeapStatistics();
  tell({ kind: 'heap', megabytes: (used + external) / 1024 / 1024 });
};

// Every seed as it is, first.
for (const { target } of pools) for (const input of target.seeds) one(target, input.subarray(0, LONGEST));

let measured = performance.now();
const turn = (): void => {
  for (let n = 0; n < INPUTS_A_TURN; n += 1) next();
  if (Atomics.load(numbers, AT.stop) === 1) {
    heap();
    return;
  }
  if (performance.now() - measured > 5_000) {
    heap();
    measured = performance.now();
  }
  setImmediate(turn);
};
heap();
turn();
