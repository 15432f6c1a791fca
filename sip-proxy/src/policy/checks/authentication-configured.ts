// SPDX-License-Identifier: Apache-2.0
import { fail, pass, type CheckedCall, type CheckResult } from './check.ts';

/** Check 5: a trunk without any authentication is open to nobody. */
export function checkAuthenticationConfigured({ trunk }: CheckedCall): CheckResult {
  const lists = trunk.ipAccessControlLists.length;
  const users = trunk.credentialLists.length;
  if (lists + users > 0) {
    const both =
      lists > 0 && users > 0 ? 'both were enforced' : lists > 0 ? 'access lists' : 'credential lists';
    return pass('authentication-configured', `the trunk authenticates its callers: ${both}`);
  }
  return fail(
    'authentication-configured',
    'no-authentication-configured',
    `trunk ${trunk.key} has no authentication: give termination.authentication an access list or a credential list`,
  );
}
