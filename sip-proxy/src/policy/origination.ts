// SPDX-License-Identifier: Apache-2.0
import type { Attempt, DialPlan } from './decision.ts';
import { checkAccountActive } from './checks/account-active.ts';
import { fromUser } from './checks/caller-id.ts';
import { checkCallerName } from './checks/caller-name.ts';
import type { Check, CheckedCall } from './checks/check.ts';
import { checkOriginationLimits } from './checks/limits.ts';
import { checkMaxForwards } from './checks/max-forwards.ts';
import { checkCarrierOffer } from './checks/media-offer.ts';
import { checkOriginationRoute } from './checks/origination-route.ts';
import { checkRecording } from './checks/recording.ts';
import type { Course } from './course.ts';

const CHECKS: readonly Check[] = [
  checkAccountActive,
  checkMaxForwards,
  checkCallerName,
  checkOriginationLimits,
  checkCarrierOffer,
];

/** A call from the PSTN to a customer's number. */
export function originate(call: CheckedCall, course: Course): DialPlan | undefined {
  call.callerId = fromUser(call.request.from) || 'anonymous';
  const attempts: Attempt[] = [];
  const permitted =
    CHECKS.every((check) => course.take(check(call))) &&
    course.take(checkOriginationRoute(call, attempts)) &&
    course.take(checkRecording(call));
  return permitted ? plan(call, attempts) : undefined;
}

function plan(call: CheckedCall, attempts: Attempt[]): DialPlan {
  const { trunk, account, calledNumber, callerId, context } = call;
  return {
    direction: 'origination',
    trunk,
    account,
    calledNumber,
    callerId,
    attempts,
    // RFC 5806: the PBX learns which number was dialled even where its URI has a user part of its own.
    diversion: [`<sip:${calledNumber}@${context.config.global.baseDomain}>`],
    failover: trunk.failover,
    maxCallDurationSeconds: trunk.limits.maxCallDurationSeconds,
    media: {
      customerLeg: 'callee',
      symmetricRtp: trunk.symmetricRtp,
      secure: trunk.secure,
      codecs: call.carrier?.codecs ?? [],
    },
  };
}
