// SPDX-License-Identifier: Apache-2.0
import type { AccountEntry, CarrierEntry, TrunkEntry } from '@trunkline/crds';
import type { PolicyContext } from '../context.ts';
import type { DecisionEffects, RequestFacts, TraceStep } from '../decision.ts';
import type { RejectCode } from '../reject-codes.ts';
import type { SipUri } from '../sip-uri.ts';

/** Why a call goes no further. */
export type Stop =
  | { kind: 'reject'; code: RejectCode; text: string; headers?: { name: string; value: string }[] }
  | { kind: 'challenge'; headers: { name: string; value: string }[] }
  | { kind: 'drop'; code: RejectCode };

/** What a check found: its step of the trace, and where the call ends there, how. */
export interface CheckResult {
  step: TraceStep;
  stop?: Stop;
}

/** A call whose trunk is known, with what the checks so far have found out. */
export interface CheckedCall {
  request: RequestFacts;
  context: PolicyContext;
  requestUri: SipUri;
  trunk: TrunkEntry;
  account: AccountEntry;
  /** The carrier that the call came from or goes to, once known. */
  carrier?: CarrierEntry;
  /** E.164; empty until the check of that name has passed. */
  calledNumber: string;
  callerId: string;
  /** How the caller proved itself. */
  effects: DecisionEffects;
}

export type Check = (call: CheckedCall) => CheckResult;

export function pass(check: string, detail: string): CheckResult {
  return { step: { check, result: 'pass', detail } };
}

export function skip(check: string, detail: string): CheckResult {
  return { step: { check, result: 'skip', detail } };
}

export function warn(check: string, detail: string): CheckResult {
  return { step: { check, result: 'warn', detail } };
}

/** The text that the caller is told is also the step's detail. */
export function fail(check: string, code: RejectCode, text: string): CheckResult {
  return { step: { check, result: 'fail', detail: text }, stop: { kind: 'reject', code, text } };
}
