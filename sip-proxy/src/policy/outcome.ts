// SPDX-License-Identifier: Apache-2.0
import type { DialPlan } from './decision.ts';
import { REJECT_CODES, type RejectCode } from './reject-codes.ts';

/** What came of one attempt: a final status, or none. */
export type AttemptOutcome =
  | { status: number; reason?: string }
  /** Nothing came in `answerTimeoutMs`, not even a 100; or the packet could not be sent; or its host has no address. */
  | { error: 'no-response' | 'transport' | 'dns' };

/** How a hunt without an answer ends: what the caller is told and what the record says. */
export interface HuntEnd {
  code: RejectCode;
  status: number;
  reason: string;
  text: string;
}

/** The outcome table of DESIGN §4, for targets and gateways alike. */
export function classifyOutcome(
  outcome: AttemptOutcome,
  failover: DialPlan['failover'],
): 'answered' | 'final' | 'next' {
  if (!('status' in outcome)) return 'next';
  const { status } = outcome;
  if (status >= 200 && status < 300) return 'answered';
  // A redirect would have to be followed; until it can be, hunting on would only hide that it was asked for.
  if (status === 302) return 'final';
  return isFinal(status, failover.finalCodes) ? 'final' : 'next';
}

function isFinal(status: number, finalCodes: readonly string[]): boolean {
  const exact = String(status);
  const family = `${exact.charAt(0)}xx`;
  return finalCodes.some((code) => code === exact || code.toLowerCase() === family);
}

/** The end of a hunt that a final answer stopped. */
export function endAtFinal(outcome: { status: number; reason?: string }, target: string): HuntEnd {
  if (outcome.status === 302) {
    return notImplemented(`${target} redirected the call (302), which is not available yet`);
  }
  const { status, reason = '' } = outcome;
  return { code: 'final-answer', status, reason, text: `${target} answered ${status} ${reason}`.trim() };
}

/**
 * The end of a hunt in which every attempt failed: the last status goes to the caller; where the last attempt had
 * none, the status that RFC 3261 §8.1.3.1 puts in its place (408 for silence, 503 for transport errors).
 */
export function endAtExhaustion(
  last: AttemptOutcome,
  plan: Pick<DialPlan, 'direction' | 'trunk' | 'attempts'>,
): HuntEnd {
  const tried = `all ${plan.attempts.length} target(s) failed`;
  if (plan.direction === 'origination' && plan.trunk.disasterRecovery !== undefined) {
    return notImplemented(`${tried} and disasterRecovery.url is set, which is not available yet`);
  }
  const { status, reason, cause } = lastStatus(last);
  return { code: 'all-targets-failed', status, reason, text: `${tried}, the last with ${cause}` };
}

function lastStatus(last: AttemptOutcome): { status: number; reason: string; cause: string } {
  if ('status' in last) {
    const { status, reason = '' } = last;
    return { status, reason, cause: `${status} ${reason}`.trim() };
  }
  switch (last.error) {
    case 'no-response':
      return { status: 408, reason: 'Request Timeout', cause: 'no response' };
    case 'transport':
      return { status: 503, reason: 'Service Unavailable', cause: 'a transport error' };
    case 'dns':
      return { status: 503, reason: 'Service Unavailable', cause: 'a DNS failure' };
  }
}

function notImplemented(text: string): HuntEnd {
  return { code: 'not-implemented', ...REJECT_CODES['not-implemented'], text };
}
