// SPDX-License-Identifier: Apache-2.0
import type { BenchOptions } from './options.ts';
import type { Round } from './round.ts';

/** What was wrong in a round, a line each; empty where it passed. */
export const faults = (round: Round, { rate, seconds }: Pick<BenchOptions, 'rate' | 'seconds'>): string[] => {
  const { calls, retransmissions, notIdle, reached } = round;
  const wanted = rate * seconds;
  const repeated = Object.entries(retransmissions).filter(([, count]) => count > 0);
  return [
    ...(calls.failed > 0 ? [`${calls.failed} calls failed: ${JSON.stringify(calls.failures)}`] : []),
    ...(calls.completed < wanted ? [`${calls.completed} of ${wanted} calls came to their end`] : []),
    ...repeated.map(([who, count]) => `${count} messages were sent again by the ${who}`),
    ...(reached < rate * 0.97 ? [`${reached.toFixed(1)} calls a second, not ${rate}`] : []),
    ...(notIdle === '' ? [] : [notIdle]),
  ];
};
