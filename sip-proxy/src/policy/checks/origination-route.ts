// SPDX-License-Identifier: Apache-2.0
import type { OriginationTarget } from '@trunkline/crds';
import { originationAttempt } from '../attempts.ts';
import type { Attempt } from '../decision.ts';
import { orderByPriorityAndWeight } from '../weighted-order.ts';
import { fail, pass, warn, type CheckedCall, type CheckResult } from './check.ts';
import { srtpMissing } from './media-offer.ts';

/** The trunk's enabled URIs by priority and weight are where the call may go. */
export function checkOriginationRoute(call: CheckedCall, attempts: Attempt[]): CheckResult {
  const { trunk, calledNumber, context } = call;
  const targets = trunk.originationTargets;
  if (targets.length === 0) {
    return fail(
      'origination-route',
      'no-origination-uri',
      `trunk ${trunk.key} has no enabled OriginationUri`,
    );
  }
  if (trunk.secure) return fail('origination-route', 'not-implemented', srtpMissing(trunk.key));
  const left: string[] = [];
  const usable = targets.filter((target) => {
    const obstacle = missingFeature(target, context.edge);
    if (obstacle !== undefined) left.push(`${target.key}: ${obstacle}`);
    return obstacle === undefined;
  });
  if (usable.length === 0) {
    return fail('origination-route', 'not-implemented', `no OriginationUri can be used: ${left.join('; ')}`);
  }
  for (const target of orderByPriorityAndWeight(usable, context.random)) {
    attempts.push(originationAttempt(target, calledNumber));
  }
  const detail = `${attempts.length} OriginationUri(s), first ${attempts[0]?.target ?? ''}`;
  if (left.length === 0) return pass('origination-route', detail);
  return warn('origination-route', `${detail}; left out: ${left.join('; ')}`);
}

/** What a target needs and this version does not have. */
function missingFeature(target: OriginationTarget, edge: string): string | undefined {
  if (target.edge !== undefined && target.edge !== edge) {
    return `the hand-off to edge ${target.edge} is not available yet`;
  }
  return undefined;
}
