// SPDX-License-Identifier: Apache-2.0
import type { AccountEntry, CarrierEntry, TrunkEntry } from '@trunkline/crds';
import { fail, pass, type CheckedCall, type CheckResult } from './checks/check.ts';
import type { PolicyContext } from './context.ts';
import { Course } from './course.ts';
import type { Decision, DecisionEffects, Direction, RequestFacts } from './decision.ts';
import { originate } from './origination.ts';
import { carrierNumber, quoted } from './phone-number.ts';
import { stopped, type DecisionBase } from './reject.ts';
import type { SipUri } from './sip-uri.ts';
import { terminate } from './termination.ts';
import { whoIsCalling, type Caller } from './who-is-calling.ts';

/** What we answer in `Allow` (RFC 3261 §20.5), in the 405 to REGISTER and the 200 to OPTIONS. */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO';

/**
 * Decides a request. Pure: nothing is read but the arguments, nothing is changed; what the live caller must write
 * down is in `effects`. Never throws, whatever a stranger sends.
 */
export function decide(request: RequestFacts, context: PolicyContext): Decision {
  const course = new Course();
  switch (request.method) {
    case 'REGISTER':
      return decideRegister(request, context, course);
    case 'OPTIONS':
      return decideOptions(request, context, course);
    case 'INVITE':
      return decideInvite(request, context, course);
  }
}

function decideInvite(request: RequestFacts, context: PolicyContext, course: Course): Decision {
  const caller = whoIsCalling(request, context);
  if (!course.take(caller.result) || caller.kind === 'unknown') return ended(course);
  const direction: Direction = caller.kind === 'carrier' ? 'origination' : 'termination';
  const trunk = caller.kind === 'carrier' ? numberTrunk(caller, context, course) : caller.trunk;
  if (trunk === undefined) return ended(course, { direction });
  const account = context.config.accountByNamespace(trunk.namespace);
  if (account === undefined) {
    course.take(accountMissing(trunk));
    return ended(course, { direction, trunk });
  }
  const call = newCall({ request, context, requestUri: caller.requestUri, trunk, account }, caller);
  const plan = direction === 'origination' ? originate(call, course) : terminate(call, course);
  const known = { direction, trunk, account, effects: call.effects };
  if (plan !== undefined) return { ...base(course, known), outcome: 'route', plan };
  delete call.effects.call;
  return ended(course, known);
}

function newCall(
  given: {
    request: RequestFacts;
    context: PolicyContext;
    requestUri: SipUri;
    trunk: TrunkEntry;
    account: AccountEntry;
  },
  caller: Caller,
): CheckedCall {
  const call: CheckedCall = { ...given, calledNumber: '', callerId: '', effects: {} };
  if (caller.kind !== 'carrier') return call;
  return { ...call, carrier: caller.carrier, calledNumber: carrierNumber(given.requestUri.user ?? '') ?? '' };
}

/** Origination: the trunk of the dialled number; carriers that send the digits without the plus are understood. */
function numberTrunk(
  { requestUri }: { requestUri: SipUri; carrier: CarrierEntry },
  { config }: PolicyContext,
  course: Course,
): TrunkEntry | undefined {
  const number = carrierNumber(requestUri.user ?? '');
  const trunk = number === undefined ? undefined : config.trunkByNumber(number);
  if (number !== undefined && trunk !== undefined) {
    course.take(pass('called-number', `${number} is on trunk ${trunk.key}`));
    return trunk;
  }
  course.take(fail('called-number', 'unknown-number', whyNoTrunk(requestUri.user ?? '', number, config)));
  return undefined;
}

function whyNoTrunk(user: string, number: string | undefined, config: PolicyContext['config']): string {
  if (number === undefined) return `called ${quoted(user)} is no E.164 number`;
  const owner = config.accountByNumber(number);
  if (owner === undefined) return `${number} is no number of any account`;
  return `${number} belongs to account ${owner.name} and is on no trunk: set its trunkRef`;
}

function accountMissing(trunk: TrunkEntry): CheckResult {
  const text = `namespace ${trunk.namespace} of trunk ${trunk.key} has no Account: create one`;
  return fail('account-active', 'account-missing', text);
}

/** RFC 3261 §11: a ping. Carriers, whom the operator trusts, may ping as often as they like. */
function decideOptions(request: RequestFacts, context: PolicyContext, course: Course): Decision {
  const { address } = request.source;
  const carrier = context.config.carrierBySource(address);
  const effects: DecisionEffects = carrier === undefined ? { optionsFrom: address } : {};
  if (carrier === undefined && !course.take(optionsRate(context, address))) return ended(course, { effects });
  const caller = whoIsCalling(request, context);
  if (!course.take(caller.result)) return ended(course, { effects });
  const trunk = caller.kind === 'customer' ? { trunk: caller.trunk } : {};
  return { ...base(course, { effects, ...trunk }), outcome: 'answer-options', status: 200 };
}

function optionsRate({ options }: PolicyContext, address: string): CheckResult {
  if (options.allows(address)) return pass('options-rate', `OPTIONS of ${address} are within one per 10 s`);
  const detail = `OPTIONS of ${address} come more often than one per 10 s: ignored for a while`;
  return {
    step: { check: 'options-rate', result: 'fail', detail },
    stop: { kind: 'drop', code: 'options-rate-limit' },
  };
}

/** Trunks are not registered to. Where strangers get no answer, neither do theirs here. */
function decideRegister(request: RequestFacts, context: PolicyContext, course: Course): Decision {
  const caller = whoIsCalling(request, context);
  if (caller.result.stop?.kind === 'drop') {
    course.take(caller.result);
    return ended(course);
  }
  const text = 'trunks take no REGISTER: switch registration off and send calls to the termination domain';
  const step = { check: 'method', result: 'fail', detail: text } as const;
  const headers = [{ name: 'Allow', value: ALLOW }];
  course.take({ step, stop: { kind: 'reject', code: 'method-not-allowed', text, headers } });
  return ended(course);
}

type Known = Partial<Omit<DecisionBase, 'trace'>>;

function base({ trace }: Course, known: Known): DecisionBase {
  return { effects: {}, ...known, trace };
}

function ended(course: Course, known: Known = {}): Decision {
  const stop = course.stop ?? {
    kind: 'reject',
    code: 'internal-error',
    text: 'no check decided the request',
  };
  return stopped(base(course, known), stop);
}
