// SPDX-License-Identifier: Apache-2.0
import { fail, pass, skip, type CheckedCall, type CheckResult } from './check.ts';

/** Check 9: a trial account calls verified numbers only. */
export function checkTrialDestination({ account, calledNumber, context }: CheckedCall): CheckResult {
  if (account.type !== 'trial')
    return skip('trial-destination', `account ${account.name} is no trial account`);
  if (context.config.isVerifiedCallerId(account, calledNumber)) {
    return pass('trial-destination', `${calledNumber} is verified for this trial account`);
  }
  return fail(
    'trial-destination',
    'trial-number-not-verified',
    `a trial account calls verified numbers only: verify ${calledNumber} as an OutgoingCallerId, or make the account full`,
  );
}
