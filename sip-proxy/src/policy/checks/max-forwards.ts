// SPDX-License-Identifier: Apache-2.0
import { fail, pass, warn, type CheckedCall, type CheckResult } from './check.ts';

/** A request begins with 70 (RFC 3261 §8.1.1.6); few hops left of it hint at a loop or a short-sighted PBX. */
const FEW_HOPS = 20;

/** Check 6: hops are left. */
export function checkMaxForwards({ request }: CheckedCall): CheckResult {
  const hops = request.maxForwards;
  if (hops === undefined) return pass('max-forwards', 'no Max-Forwards: taken as 70');
  if (!(hops > 0)) {
    return fail(
      'max-forwards',
      'too-many-hops',
      `Max-Forwards is ${hops}: the call loops, or the PBX sends too few`,
    );
  }
  if (hops >= FEW_HOPS) return pass('max-forwards', `Max-Forwards is ${hops}`);
  return warn('max-forwards', `Max-Forwards is ${hops}, under ${FEW_HOPS}: send 70`);
}
