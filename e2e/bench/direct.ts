// SPDX-License-Identifier: Apache-2.0
import { startGenerator } from './generator.ts';
import type { BenchOptions } from './options.ts';
import { latencyOf, type Latency } from './round.ts';

const SECONDS = 5;

/** The same generator without anything in between, no digest either: what of the latency is its own. */
export const measureDirect = async ({ rate }: BenchOptions, gatewayPort: number): Promise<Latency> => {
  const { done } = await startGenerator({ rate, seconds: SECONDS, hold: 1, gatewayPort });
  const { caller } = await done;
  if (caller.failed > 0 || caller.successful === 0)
    throw new Error(`the generator cannot call itself: ${caller.errors.slice(0, 2_000)}`);
  return latencyOf(caller);
};
