// SPDX-License-Identifier: Apache-2.0
import { gatewayAttempt } from '../attempts.ts';
import type { Attempt } from '../decision.ts';
import { orderByPriorityAndWeight } from '../weighted-order.ts';
import { fail, pass, type CheckedCall, type CheckResult } from './check.ts';

/** Check 12: a carrier serves the called number; its gateways by priority and weight are where the call may go. */
export function checkCarrierRoute(call: CheckedCall, attempts: Attempt[]): CheckResult {
  const { calledNumber, context } = call;
  const carrier = context.config.carrierByPrefix(calledNumber);
  if (carrier === undefined) {
    return fail('carrier-route', 'no-carrier', `no carrier has a prefix of ${calledNumber}`);
  }
  call.carrier = carrier;
  if (carrier.gateways.length === 0) {
    return fail('carrier-route', 'no-carrier', `carrier ${carrier.name} has no enabled gateway`);
  }
  for (const gateway of orderByPriorityAndWeight(carrier.gateways, context.random)) {
    attempts.push(gatewayAttempt(carrier, gateway, calledNumber));
  }
  return pass(
    'carrier-route',
    `carrier ${carrier.name}: ${attempts.length} gateway(s), first ${attempts[0]?.target ?? ''}`,
  );
}
