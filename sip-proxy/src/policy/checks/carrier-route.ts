// SPDX-License-Identifier: Apache-2.0
import { gatewayAttempt } from '../attempts.ts';
import type { Attempt } from '../decision.ts';
import { orderByPriorityAndWeight } from '../weighted-order.ts';
import { fail, pass, warn, type CheckedCall, type CheckResult } from './check.ts';

/** Check 12: a carrier serves the called number; its gateways by priority and weight are where the call may go. */
export function checkCarrierRoute(call: CheckedCall, attempts: Attempt[]): CheckResult {
  const { calledNumber, context } = call;
  const carrier = context.config.carrierByPrefix(calledNumber);
  if (carrier === undefined) {
    return fail('carrier-route', 'no-carrier', `no carrier has a prefix of ${calledNumber}`);
  }
  call.carrier = carrier;
  const usable = carrier.gateways.filter((gateway) => gateway.transport !== 'tls');
  if (carrier.gateways.length === 0) {
    return fail('carrier-route', 'no-carrier', `carrier ${carrier.name} has no enabled gateway`);
  }
  if (usable.length === 0) {
    return fail(
      'carrier-route',
      'not-implemented',
      `carrier ${carrier.name} has only gateways over TLS, which is not available yet`,
    );
  }
  for (const gateway of orderByPriorityAndWeight(usable, context.random)) {
    attempts.push(gatewayAttempt(carrier, gateway, calledNumber));
  }
  const detail = `carrier ${carrier.name}: ${attempts.length} gateway(s), first ${attempts[0]?.target ?? ''}`;
  const skipped = carrier.gateways.length - usable.length;
  if (skipped === 0) return pass('carrier-route', detail);
  return warn('carrier-route', `${detail}; ${skipped} left out: TLS is not available yet`);
}
