// SPDX-License-Identifier: Apache-2.0
import { fail, skip, type CheckedCall, type CheckResult } from './check.ts';

/** Origination: a trunk with `cnamLookup` wants the names of US and Canadian callers, which cannot be asked for yet. */
export function checkCallerName({ trunk, callerId }: CheckedCall): CheckResult {
  if (!trunk.cnamLookup) return skip('caller-name', 'the trunk has no cnamLookup');
  if (!/^\+1\d{10}$/.test(callerId))
    return skip('caller-name', 'names are looked up for US and Canadian numbers only');
  return fail(
    'caller-name',
    'not-implemented',
    `trunk ${trunk.key} has cnamLookup, which is not available yet: set it to false to get these calls`,
  );
}
