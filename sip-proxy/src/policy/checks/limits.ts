// SPDX-License-Identifier: Apache-2.0
import { REJECT_CODES, type RejectCode } from '../reject-codes.ts';
import { accountLimitKey, rateWindow, trunkLimitKey } from '../rate.ts';
import { fail, pass, type CheckedCall, type CheckResult } from './check.ts';

interface RateLimit {
  key: string;
  callsPerSecond: number;
  code: RejectCode;
  owner: string;
}

/** Check 10: rate and number of calls of the trunk, then the pools of the account and its parents. */
export function checkTerminationLimits(call: CheckedCall): CheckResult {
  const starts: { key: string; windowMs: number }[] = [];
  const over = rateFailure(trunkRate(call), call, starts) ?? concurrencyFailure(call);
  if (over !== undefined) return over;
  for (const pool of accountRates(call)) {
    const failure = rateFailure(pool, call, starts);
    if (failure !== undefined) return failure;
  }
  return reserve(call, starts);
}

/** Origination has no rate limit, only the number of calls at one time, which covers both directions. */
export function checkOriginationLimits(call: CheckedCall): CheckResult {
  return concurrencyFailure(call) ?? reserve(call, []);
}

function reserve(call: CheckedCall, starts: { key: string; windowMs: number }[]): CheckResult {
  const { concurrentCalls, callsPerSecond } = call.trunk.limits;
  // Counted even without a limit: one that is set later then knows the calls in progress.
  call.effects.call = { concurrent: [trunkLimitKey(call.trunk.key)], starts };
  const unlimited = concurrentCalls === undefined && callsPerSecond === undefined && starts.length === 0;
  return pass('limits', unlimited ? 'no limits are set' : 'within the limits of trunk and account');
}

function trunkRate({ trunk }: CheckedCall): RateLimit | undefined {
  const { callsPerSecond } = trunk.limits;
  if (callsPerSecond === undefined) return undefined;
  const key = trunkLimitKey(trunk.key);
  return { key, callsPerSecond, code: 'trunk-cps-limit', owner: `trunk ${trunk.key}` };
}

function accountRates({ account, context }: CheckedCall): RateLimit[] {
  const limits: RateLimit[] = [];
  for (const { name, callsPerSecond } of context.config.poolChain(account)) {
    if (callsPerSecond === undefined) continue;
    limits.push({
      key: accountLimitKey(name),
      callsPerSecond,
      code: 'account-cps-limit',
      owner: `account ${name}`,
    });
  }
  return limits;
}

function rateFailure(
  limit: RateLimit | undefined,
  { context }: CheckedCall,
  starts: { key: string; windowMs: number }[],
): CheckResult | undefined {
  if (limit === undefined) return undefined;
  const { max, windowMs } = rateWindow(limit.callsPerSecond);
  const begun = context.limits.startsWithin(limit.key, windowMs);
  if (begun < max) {
    starts.push({ key: limit.key, windowMs });
    return undefined;
  }
  return fail(
    'limits',
    limit.code,
    `${REJECT_CODES[limit.code].reason}: ${limit.owner} may begin ${limit.callsPerSecond} calls per second, ${begun} began in the last ${Math.round(windowMs)} ms`,
  );
}

function concurrencyFailure({ trunk, context }: CheckedCall): CheckResult | undefined {
  const { concurrentCalls } = trunk.limits;
  if (concurrentCalls === undefined) return undefined;
  const active = context.limits.concurrent(trunkLimitKey(trunk.key));
  if (active < concurrentCalls) return undefined;
  return fail(
    'limits',
    'trunk-concurrent-limit',
    `${REJECT_CODES['trunk-concurrent-limit'].reason}: trunk ${trunk.key} has ${active} calls in progress, ${concurrentCalls} are allowed`,
  );
}
