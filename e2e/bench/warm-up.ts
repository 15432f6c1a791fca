// SPDX-License-Identifier: Apache-2.0
import type { BenchStage } from './bench-stage.ts';
import { startGenerator } from './generator.ts';
import type { BenchOptions } from './options.ts';

const SECONDS = 5;
const FASTEST = 50;

/** Calls before the first round: the figures are those of programs whose code is compiled and whose memory has grown. */
export const warmUp = async ({ up, gatewayPort }: BenchStage, { rate }: BenchOptions): Promise<void> => {
  const load = { rate: Math.min(rate, FASTEST), seconds: SECONDS, hold: 1 };
  const { done } = await startGenerator({ ...load, edge: up.sip, gatewayPort });
  const { caller } = await done;
  if (caller.successful === 0) throw new Error(`no call succeeds: ${caller.errors.slice(0, 2_000)}`);
  await up.expectIdle();
};
