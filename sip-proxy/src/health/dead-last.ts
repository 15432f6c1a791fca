// SPDX-License-Identifier: Apache-2.0
import type { Attempt, DialPlan, TraceStep } from '../policy/decision.ts';
import { addressOfUri } from './target-address.ts';
import type { TargetState } from './target-state.ts';

/** What a call may ask of the health of targets. */
export type HealthView = (address: string) => Readonly<TargetState> | undefined;

/**
 * Puts targets that do not answer behind those that do, each group in the order of the plan: tried last and not never, since
 * what is known may be wrong. The note says so in the trace; without one, the plan is the one that was given.
 */
export const deadLast = (plan: DialPlan, health: HealthView): { plan: DialPlan; note?: TraceStep } => {
  const found = plan.attempts.map((attempt) => ({ attempt, state: stateOf(attempt, health) }));
  const dead = found.filter(({ state }) => state?.healthy === false);
  if (dead.length === 0) return { plan };
  const alive = found.filter(({ state }) => state?.healthy !== false);
  const place = alive.length === 0 ? 'no target answers, all are tried' : 'tried last';
  const why = dead.map(({ attempt, state }) => `${attempt.target} (${state?.lastError ?? 'no answer'})`);
  const detail = `${place}: ${why.join(', ')}`;
  return {
    plan: { ...plan, attempts: [...alive, ...dead].map(({ attempt }) => attempt) },
    note: { check: 'target-health', result: 'warn', detail },
  };
};

const stateOf = ({ requestUri, transport }: Attempt, health: HealthView) =>
  health(addressOfUri(requestUri, transport));
