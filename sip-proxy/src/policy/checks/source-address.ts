// SPDX-License-Identifier: Apache-2.0
import { fail, pass, skip, type CheckedCall, type CheckResult } from './check.ts';

/** Check 3: where the trunk has access lists, the packet's source is in one of them. */
export function checkSourceAddress({ trunk, request, context }: CheckedCall): CheckResult {
  if (trunk.ipAccessControlLists.length === 0) return skip('source-address', 'the trunk has no access list');
  const { address } = request.source;
  const match = context.config.trunkSource(trunk, address);
  if (match !== undefined)
    return pass('source-address', `${address} is in ${match.cidr} of list ${match.list}`);
  const lists = trunk.ipAccessControlLists.map((list) => list.key).join(', ');
  const result = fail(
    'source-address',
    'source-address-denied',
    `source address ${address} is in no access list of the trunk: add it to one of them`,
  );
  // The names of the lists are for the account's own eyes, not for a stranger's 403.
  result.step.detail = `${address} is in none of the access lists ${lists}`;
  return result;
}
