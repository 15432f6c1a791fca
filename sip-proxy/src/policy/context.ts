// SPDX-License-Identifier: Apache-2.0
import type { ConfigIndex } from '../config/config-index.ts';

/** Calls in progress and lately begun, read only. Implemented by `CallLimits`. */
export interface LimitsView {
  /** Calls begun under the key in the last `windowMs` milliseconds. */
  startsWithin(key: string, windowMs: number): number;
  /** Calls in progress under the key. */
  concurrent(key: string): number;
}

/** Implemented by `OptionsLimiter`. */
export interface OptionsView {
  /** May this source have an answer to an OPTIONS now? */
  allows(address: string): boolean;
}

/** Our own nonces. Implemented by `NonceLedger` together with the keys. */
export interface NonceView {
  /** Signing keys; the first signs, all verify, so that a key can be changed without failing calls. */
  keys: readonly string[];
  /** How long a challenge may be answered. */
  lifetimeMs: number;
  /** Has this nonce and nonce count (`usedNonce.key`) been used already? */
  isUsed(key: string): boolean;
}

/** Wrong passwords of late. Implemented by `FailureLedger`. */
export interface FailuresView {
  /** Has this source been wrong too often, for this user or for many? */
  blocks(source: string, user: string): boolean;
}

/** Everything apart from the request that a decision depends on: same request, same context, same decision. */
export interface PolicyContext {
  config: ConfigIndex;
  /** Milliseconds since 1970. */
  now: number;
  /** Uniform in [0, 1). */
  random: () => number;
  limits: LimitsView;
  options: OptionsView;
  nonces: NonceView;
  failures: FailuresView;
  /** Name of the edge that decides. */
  edge: string;
  /** Only `explain`: takes this user's password as right where the request has no credentials. */
  assumeUser?: string;
}
