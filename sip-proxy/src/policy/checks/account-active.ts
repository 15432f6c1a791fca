// SPDX-License-Identifier: Apache-2.0
import { fail, pass, type CheckedCall, type CheckResult } from './check.ts';

/** Check 1: a suspended account makes and gets no calls; nor does one below a suspended parent. */
export function checkAccountActive({ account, context }: CheckedCall): CheckResult {
  const suspended = context.config.poolChain(account).find((member) => member.suspended);
  if (suspended === undefined) return pass('account-active', `account ${account.name} is active`);
  const text =
    suspended === account
      ? `account ${account.name} is suspended: ask the operator of this service to lift it`
      : `account ${account.name} belongs to ${suspended.name}, which is suspended`;
  return fail('account-active', 'account-suspended', text);
}
