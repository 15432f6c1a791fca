// SPDX-License-Identifier: Apache-2.0
import { e164Problem, isE164, quoted } from '../phone-number.ts';
import { parseNameAddr, splitHeaderValues } from '../sip-uri.ts';
import type { RequestFacts } from '../decision.ts';
import { fail, pass, type CheckedCall, type CheckResult } from './check.ts';

/** The user part of a From value; empty where there is none. */
export function fromUser(from: string): string {
  return parseNameAddr(from)?.uri.user ?? '';
}

/** The first number in From, Remote-Party-ID, P-Asserted-Identity (RFC 3325 §9.1: a sip and a tel value), and where it was. */
function findCallerId(request: RequestFacts): { number: string; header: string } | undefined {
  const from = fromUser(request.from);
  if (isE164(from)) return { number: from, header: 'From' };
  const others = [
    ['Remote-Party-ID', request.remotePartyId],
    ['P-Asserted-Identity', request.pAssertedIdentity],
  ] as const;
  for (const [header, value] of others) {
    for (const part of splitHeaderValues(value ?? '')) {
      const number = fromUser(part);
      if (isE164(number)) return { number, header };
    }
  }
  return undefined;
}

/** Check 8: the caller id is a number of the account or a verified one. */
export function checkCallerId(call: CheckedCall): CheckResult {
  const { request, context, account } = call;
  const found = findCallerId(request);
  if (found === undefined) {
    const user = fromUser(request.from);
    const problem = user === '' ? 'From has no number' : `From has ${quoted(user)}: ${e164Problem(user)}`;
    return fail(
      'caller-id',
      'invalid-caller-id',
      `no caller id: ${problem}; Remote-Party-ID and P-Asserted-Identity have none either`,
    );
  }
  const kind = context.config.callerIdKind(account, found.number);
  if (kind === undefined) {
    return fail(
      'caller-id',
      'invalid-caller-id',
      `caller id ${found.number} (${found.header}) is no number of this account: use one of its PhoneNumbers, or verify it as an OutgoingCallerId`,
    );
  }
  call.callerId = found.number;
  const what = kind === 'number' ? 'a number of the account' : 'a verified caller id';
  return pass('caller-id', `${found.number} (${found.header}) is ${what}`);
}
