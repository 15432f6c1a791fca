// SPDX-License-Identifier: Apache-2.0
import type { ConfigIndex } from '../config/config-index.ts';
import type { PolicyContext } from './context.ts';
import { decide } from './decide.ts';
import type { Decision, RequestFacts } from './decision.ts';
import { FailureLedger } from './digest/failure-ledger.ts';
import { NonceLedger } from './digest/nonce-ledger.ts';
import { CallLimits } from './limits.ts';
import { OptionsLimiter } from './options-limiter.ts';

export interface LivePolicyOptions {
  /** Name of the edge that this proxy belongs to. */
  edge: string;
  /** Keys that sign nonces, the newest first; shared by the replicas of an edge. */
  nonceKeys: readonly string[];
  /** How long a challenge may be answered; default 30 s. */
  nonceLifetimeMs?: number;
  /** Uniform in [0, 1). */
  random: () => number;
}

/** A decision that has been written down; `release` ends what a routed call counts for, and may be called twice. */
export interface LiveDecision {
  decision: Decision;
  release: () => void;
}

/** `decide` with the state of a live proxy: what one decision uses up, the next one sees. */
export class LivePolicy {
  readonly limits = new CallLimits();
  readonly options = new OptionsLimiter();
  readonly nonces = new NonceLedger();
  readonly failures = new FailureLedger();
  readonly #settings: LivePolicyOptions;

  constructor(settings: LivePolicyOptions) {
    this.#settings = settings;
  }

  /** What `decide` sees at `now` (ms). */
  context(config: ConfigIndex, now: number): PolicyContext {
    const { edge, nonceKeys, nonceLifetimeMs = 30_000, random } = this.#settings;
    return {
      config,
      now,
      random,
      edge,
      limits: this.limits.view(now),
      options: this.options.view(now),
      nonces: { keys: nonceKeys, lifetimeMs: nonceLifetimeMs, isUsed: (key) => this.nonces.isUsed(key) },
      failures: this.failures.view(now),
    };
  }

  /** Decides a request and writes its effects down. */
  decide(request: RequestFacts, config: ConfigIndex, now: number): LiveDecision {
    const decision = decide(request, this.context(config, now));
    const { usedNonce, failedDigest, optionsFrom, call } = decision.effects;
    if (usedNonce !== undefined) this.nonces.add(usedNonce, now);
    if (failedDigest !== undefined) this.failures.add(failedDigest, now);
    if (optionsFrom !== undefined) this.options.count(optionsFrom, now);
    return { decision, release: call === undefined ? noCall : this.limits.reserve(call, now) };
  }
}

function noCall(): void {
  // Nothing was counted.
}
