// SPDX-License-Identifier: Apache-2.0
import type { PolicyContext } from './context.ts';
import { decide } from './decide.ts';
import type { Decision, DialPlan, RequestFacts } from './decision.ts';
import { isE164, quoted } from './phone-number.ts';

export interface Explanation {
  decision: Decision;
  /** The trace, then what becomes of the request: lines for a terminal. */
  lines: string[];
}

/**
 * Decides a request as a live call is decided, and says why. `assumeUser` stands in for a password that the person who
 * asks need not know; the trace then says so.
 */
export function explain(
  request: RequestFacts,
  context: PolicyContext,
  { assumeUser }: { assumeUser?: string } = {},
): Explanation {
  const decision = decide(request, assumeUser === undefined ? context : { ...context, assumeUser });
  const width = Math.max(...decision.trace.map(({ check }) => check.length));
  const steps = decision.trace.map(
    ({ check, result, detail }) => `${result.padEnd(4)}  ${check.padEnd(width)}  ${detail}`,
  );
  return { decision, lines: [...steps, ...verdict(decision)] };
}

function verdict(decision: Decision): string[] {
  switch (decision.outcome) {
    case 'reject':
      return [`rejected: ${decision.status} ${decision.reason} (${decision.code})`];
    case 'challenge':
      return ['challenged: 407 Proxy Authentication Required'];
    case 'drop':
      return [`dropped without an answer (${decision.code})`];
    case 'answer-options':
      return ['answered: 200 OK'];
    case 'route':
      return planLines(decision.plan);
  }
}

function planLines(plan: DialPlan): string[] {
  const caller = isE164(plan.callerId) ? plan.callerId : quoted(plan.callerId);
  const head = `routed: ${plan.direction} of trunk ${plan.trunk.key}, ${caller} calls ${plan.calledNumber}`;
  return [head, ...plan.attempts.map((attempt, i) => `  ${i + 1}. ${attempt.target}  ${attempt.requestUri}`)];
}
