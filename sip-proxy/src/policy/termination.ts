// SPDX-License-Identifier: Apache-2.0
import type { Attempt, DialPlan } from './decision.ts';
import { checkAccountActive } from './checks/account-active.ts';
import { checkAuthenticationConfigured } from './checks/authentication-configured.ts';
import { checkCalledNumber } from './checks/called-number.ts';
import { checkCallerId } from './checks/caller-id.ts';
import { checkCarrierRoute } from './checks/carrier-route.ts';
import type { Check, CheckedCall } from './checks/check.ts';
import { checkDigest } from './checks/digest.ts';
import { checkDiversion } from './checks/diversion.ts';
import { checkTerminationLimits } from './checks/limits.ts';
import { checkMaxForwards } from './checks/max-forwards.ts';
import { checkMediaOffer } from './checks/media-offer.ts';
import { checkRecording } from './checks/recording.ts';
import { checkSecureTransport } from './checks/secure-transport.ts';
import { checkSourceAddress } from './checks/source-address.ts';
import { checkTrialDestination } from './checks/trial-destination.ts';
import type { Course } from './course.ts';

/** Checks 1 to 11 of DESIGN §4, in their order. */
const CHECKS: readonly Check[] = [
  checkAccountActive,
  checkSecureTransport,
  checkSourceAddress,
  checkDigest,
  checkAuthenticationConfigured,
  checkMaxForwards,
  checkCalledNumber,
  checkCallerId,
  checkTrialDestination,
  checkTerminationLimits,
  checkMediaOffer,
];

/** A call from a customer's PBX to the PSTN. */
export function terminate(call: CheckedCall, course: Course): DialPlan | undefined {
  const attempts: Attempt[] = [];
  const diversion: string[] = [];
  const permitted =
    CHECKS.every((check) => course.take(check(call))) &&
    course.take(checkCarrierRoute(call, attempts)) &&
    course.take(checkDiversion(call, diversion)) &&
    course.take(checkRecording(call));
  return permitted ? plan(call, attempts, diversion) : undefined;
}

function plan(call: CheckedCall, attempts: Attempt[], diversion: string[]): DialPlan {
  const { trunk, account, calledNumber, callerId } = call;
  return {
    direction: 'termination',
    trunk,
    account,
    calledNumber,
    callerId,
    attempts,
    diversion,
    failover: trunk.failover,
    maxCallDurationSeconds: trunk.limits.maxCallDurationSeconds,
    media: {
      customerLeg: 'caller',
      symmetricRtp: trunk.symmetricRtp,
      secure: trunk.secure,
      codecs: call.carrier?.codecs ?? [],
    },
  };
}
