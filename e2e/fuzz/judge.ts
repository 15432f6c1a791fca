// SPDX-License-Identifier: Apache-2.0
import type { Target } from './target.ts';

/** One input may take so long, ms. */
const SLOW_MS = 1_000;
/** A machine that pauses is no finding: as often as this, it has to be slow again. */
const AGAIN = 2;

export interface Judgement {
  accepted: boolean;
  problem: string | undefined;
}

/** Runs one input and says what is wrong with how it went. */
export const judge = (target: Target, input: Buffer): Judgement => {
  const begun = performance.now();
  try {
    const accepted = target.run(input);
    const took = performance.now() - begun;
    return { accepted, problem: took > SLOW_MS ? slowness(target, input) : undefined };
  } catch (error) {
    return {
      accepted: false,
      problem: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
};

const slowness = (target: Target, input: Buffer): string | undefined => {
  let fastest = Infinity;
  for (let n = 0; n < AGAIN; n += 1) {
    const begun = performance.now();
    target.run(input);
    fastest = Math.min(fastest, performance.now() - begun);
  }
  return fastest > SLOW_MS ? `${Math.round(fastest)} ms for ${input.length} bytes` : undefined;
};
