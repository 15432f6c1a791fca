// SPDX-License-Identifier: Apache-2.0
import type { Attempt, DialPlan } from '../policy/decision.ts';
import { escapeUser, parseNameAddr } from '../policy/sip-uri.ts';
import { maxForwardsOf } from './request-facts.ts';
import type { SipHeaders, SipRequest } from './sip-stack.ts';

/*
 * The trust boundary: a leg carries what is composed here and nothing else. Headers of the other side pass only where they are
 * named below; identity is always our own statement (RFC 3325), never a copy.
 */

/**
 * Extensions that a peer may require of us (RFC 3261 §19.2). `reliable`: the engine sends provisional answers reliably.
 * drachtio-server 0.9 cannot be trusted with it: it crashes where a PRACK does not come in time.
 */
export const extensionsOf = (reliable: boolean): readonly string[] =>
  reliable ? ['timer', '100rel'] : ['timer'];
/** What both legs may do within a call. */
const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, INFO, UPDATE, NOTIFY, MESSAGE, REFER';
const PRODUCT = 'Trunkline';
const DEFAULT_MAX_FORWARDS = 70;
const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>';
/** Longest value that passes: the engine's frame is limited, and nobody's display name is longer. */
const MAX_PASSED = 512;

/** In-dialog headers that pass with their request or its answer; a body's description always does. */
const PASSED_BY_METHOD: Record<string, readonly string[]> = {
  INFO: ['info-package', 'content-disposition'],
  MESSAGE: [],
  NOTIFY: ['event', 'subscription-state'],
  UPDATE: [],
  INVITE: [],
};

/** Headers of the INVITE to one target. `@localhost` becomes the engine's own address for the chosen transport. */
export const inviteHeaders = (plan: DialPlan, attempt: Attempt, request: SipRequest): SipHeaders => {
  const hidden = isPrivate(request.headers['privacy']);
  const user = sipUser(plan.callerId);
  const headers: SipHeaders = {
    From: hidden || user === 'anonymous' ? ANONYMOUS : fromHeader(plan, user, request),
    Contact: contactHeader(hidden ? 'anonymous' : user, attempt.transport),
    'Max-Forwards': String((maxForwardsOf(request.headers) ?? DEFAULT_MAX_FORWARDS) - 1),
    'User-Agent': PRODUCT,
    Allow: ALLOW,
  };
  const identity = assertedIdentity(plan, user, hidden);
  if (identity !== undefined) headers['P-Asserted-Identity'] = identity;
  if (hidden) headers['Privacy'] = 'id';
  if (plan.diversion.length > 0) headers['Diversion'] = plan.diversion.map(printable).join(', ');
  copy(request.headers, headers, ['user-to-user']);
  for (const { name, value } of attempt.headers) headers[name] = printable(value);
  return headers;
};

/** Headers of our 18x and 2xx to the caller. */
export const answerHeaders = (
  plan: DialPlan,
  request: SipRequest,
  extensions: readonly string[],
): SipHeaders => ({
  Contact: contactHeader(sipUser(plan.calledNumber), request.protocol),
  Server: PRODUCT,
  Allow: ALLOW,
  Supported: extensions.join(', '),
});

/** The caller wants every 18x sent so that it can acknowledge it (RFC 3262 §3). */
export const requiresReliable = (request: SipRequest): boolean =>
  listsOption(request.headers, 'require', '100rel');

/** Whether a `Require` or `Supported` names the extension (option tags, RFC 3261 §19.2). */
export const listsOption = (headers: SipHeaders, name: 'require' | 'supported', tag: string): boolean =>
  (headers[name] ?? '').split(',').some((each) => each.trim().toLowerCase() === tag);

/** Contact of an answer to the caller before there is a dialog, or a plan at hand. */
export const ownContact = (request: SipRequest): SipHeaders => ({
  Contact: contactHeader(/^sips?:([^@;?]*)@/i.exec(request.uri)?.[1] ?? 'anonymous', request.protocol),
});

/** Headers of a final refusal: our own reason first, then the callee's (RFC 3326 allows one per protocol). */
export const refusalHeaders = (reason: string, callee?: SipHeaders): SipHeaders => {
  const theirs = callee?.['reason'];
  const headers: SipHeaders = {
    Server: PRODUCT,
    Reason: theirs ? `${reason}, ${printable(theirs)}` : reason,
  };
  if (callee) copy(callee, headers, ['retry-after']);
  return headers;
};

/** Headers of an OPTIONS answer (RFC 3261 §11.2). */
export const optionsHeaders = (extensions: readonly string[]): SipHeaders => ({
  Server: PRODUCT,
  Allow: ALLOW,
  Accept: 'application/sdp',
  Supported: extensions.join(', '),
});

/** Headers that pass with an in-dialog request or its answer from one leg to the other. */
export const passedHeaders = (method: string, from: SipHeaders, hasBody: boolean): SipHeaders => {
  const headers: SipHeaders = {};
  if (hasBody) copy(from, headers, ['content-type']);
  copy(from, headers, PASSED_BY_METHOD[method] ?? []);
  return headers;
};

/** Q.850 and SIP reasons of a BYE or CANCEL pass (RFC 3326); a reason in our own name does not. */
export const passedReason = (from: SipHeaders): SipHeaders => {
  const reason = from['reason'];
  return reason === undefined || /Trunkline\s*;/i.test(reason) ? {} : { Reason: printable(reason) };
};

/** Extensions that the request insists on and we do not have (RFC 3261 §8.2.2.3); empty: none. */
export const unsupportedExtensions = (request: SipRequest, extensions: readonly string[]): string =>
  (request.headers['require'] ?? '')
    .split(',')
    .map((tag) => printable(tag))
    .filter((tag) => tag !== '' && !extensions.includes(tag.toLowerCase()))
    .join(', ');

const fromHeader = (plan: DialPlan, user: string, request: SipRequest): string => {
  const name = plan.direction === 'origination' ? displayName(request.headers['from'] ?? '') : '';
  return `${name === '' ? '' : `"${name}" `}<sip:${user}@localhost>`;
};

/** A customer is outside the trust domain: it learns no identity that asked for privacy (RFC 3325 §7). */
const assertedIdentity = (plan: DialPlan, user: string, hidden: boolean): string | undefined => {
  if (!user.startsWith('+') || (hidden && plan.direction === 'origination')) return undefined;
  return `<sip:${user}@localhost>`;
};

const contactHeader = (user: string, transport: string): string =>
  `<sip:${user}@localhost${transport === 'tcp' || transport === 'tls' ? `;transport=${transport}` : ''}>`;

/** RFC 3323 §4.2: `id` and `user` ask us to hide the caller's identity; `none` asks us not to. */
const isPrivate = (privacy: string | undefined): boolean =>
  privacy !== undefined && /(?:^|[;,\s])(?:id|user)(?:$|[;,\s])/i.test(privacy);

/** Name before the address, fit for the inside of a quoted string (RFC 3261 §25.1). */
const displayName = (from: string): string =>
  printable(parseNameAddr(from)?.displayName ?? '')
    .slice(0, 64)
    .replaceAll(/["\\]/g, '\\$&');

/** A user part is percent-decoded in the plan. */
const sipUser = (user: string): string => (user === '' ? 'anonymous' : escapeUser(user));

/** No control characters, folds included: a value must never become a header of its own. */
const printable = (value: string): string => value.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();

const copy = (from: SipHeaders, to: SipHeaders, names: readonly string[]): void => {
  for (const name of names) {
    const value = from[name];
    if (value !== undefined && value.length <= MAX_PASSED) to[name] = printable(value);
  }
};
