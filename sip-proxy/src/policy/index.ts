// SPDX-License-Identifier: Apache-2.0
export { buildConfigIndex, canonicalHost, ConfigIndex, type HostMatch } from '../config/config-index.ts';
export type { FailuresView, LimitsView, NonceView, OptionsView, PolicyContext } from './context.ts';
export { ALLOW, decide } from './decide.ts';
export type * from './decision.ts';
export { explain, type Explanation } from './explain.ts';
export { CallLimits } from './limits.ts';
export { LivePolicy, type LiveDecision, type LivePolicyOptions } from './live-policy.ts';
export { DEFAULT_FAILURE_LIMITS, FailureLedger, type FailureLimits } from './digest/failure-ledger.ts';
export { NonceLedger } from './digest/nonce-ledger.ts';
export { DEFAULT_OPTIONS_LIMITS, OptionsLimiter, type OptionsLimits } from './options-limiter.ts';
export {
  classifyOutcome,
  endAtExhaustion,
  endAtFinal,
  type AttemptOutcome,
  type HuntEnd,
} from './outcome.ts';
export { isE164 } from './phone-number.ts';
export { formatReason } from './reject.ts';
export { REJECT_CODES, type RejectCode } from './reject-codes.ts';
export { parseNameAddr, parseSipUri, splitHeaderValues, type NameAddr, type SipUri } from './sip-uri.ts';
