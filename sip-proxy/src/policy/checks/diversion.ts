// SPDX-License-Identifier: Apache-2.0
import { carrierNumber } from '../phone-number.ts';
import { parseNameAddr, splitHeaderValues } from '../sip-uri.ts';
import { pass, warn, type CheckedCall, type CheckResult } from './check.ts';

/**
 * Termination: the customer's Diversion headers (RFC 5806) go to the carrier, except those that name our own domain
 * with a number that is not the account's: nobody may claim a forward from a number of somebody else.
 * Gives no result where the call has none.
 */
export function checkDiversion(call: CheckedCall, kept: string[]): CheckResult | undefined {
  const values = call.request.diversion.flatMap(splitHeaderValues);
  if (values.length === 0) return undefined;
  kept.push(...values.filter((value) => mayPass(call, value)));
  const removed = values.length - kept.length;
  if (removed === 0) return pass('diversion', `${kept.length} Diversion value(s) go to the carrier`);
  return warn(
    'diversion',
    `${removed} of ${values.length} Diversion value(s) removed: they name our domain with a number that the account does not own`,
  );
}

function mayPass({ context, account }: CheckedCall, value: string): boolean {
  const uri = parseNameAddr(value)?.uri;
  // What cannot be read may still be read by the carrier: it passes only if our domain is nowhere in it.
  if (uri === undefined) return !value.toLowerCase().includes(context.config.baseDomain);
  if (!context.config.isOwnDomain(uri.host)) return true;
  const number = carrierNumber(uri.user ?? '');
  return number !== undefined && context.config.callerIdKind(account, number) !== undefined;
}
