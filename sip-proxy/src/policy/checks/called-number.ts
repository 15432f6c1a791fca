// SPDX-License-Identifier: Apache-2.0
import { e164Problem, isE164, quoted } from '../phone-number.ts';
import { fail, pass, type CheckedCall, type CheckResult } from './check.ts';

/** Check 7: the called number is E.164 with its plus. */
export function checkCalledNumber(call: CheckedCall): CheckResult {
  const user = call.requestUri.user ?? '';
  if (isE164(user)) {
    call.calledNumber = user;
    return pass('called-number', `${user} is E.164`);
  }
  return fail(
    'called-number',
    'invalid-number',
    `called number ${quoted(user)} is not E.164: ${e164Problem(user)}`,
  );
}
