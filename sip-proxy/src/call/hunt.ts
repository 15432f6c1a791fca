// SPDX-License-Identifier: Apache-2.0
import type { MediaSession } from '@trunkline/media-relay';
import type { Attempt, DialPlan } from '../policy/decision.ts';
import {
  classifyOutcome,
  endAtExhaustion,
  endAtFinal,
  type AttemptOutcome,
  type HuntEnd,
} from '../policy/outcome.ts';
import { REJECT_CODES } from '../policy/reject-codes.ts';
import { InviteAttempt, type AttemptResult } from './attempt.ts';
import { inviteHeaders } from './headers.ts';
import type { AttemptEntry, CallJournal } from './journal.ts';
import type { Leg } from './leg.ts';
import { sdpOf } from './request-facts.ts';
import { askSession, longerInterval, type SessionSettings } from './session-interval.ts';
import type { DelayedOffer, SipHeaders, SipRequest, SipResponse, SipStack } from './sip-stack.ts';

export type HuntResult =
  | {
      kind: 'answered';
      leg: Leg;
      /** For the caller. */ answer: string;
      /** As the callee sent it. */ theirs: string;
    }
  | { kind: 'delayed-offer'; offer: DelayedOffer; sdp: string; entry: AttemptEntry }
  | { kind: 'cancelled' }
  | { kind: 'failed'; end: HuntEnd; /** Headers of the callee's final answer. */ callee?: SipHeaders };

export interface HuntDeps {
  stack: SipStack;
  media: MediaSession;
  journal: CallJournal;
  request: SipRequest;
  plan: DialPlan;
  /** Our SDP for the callee; undefined where the caller made no offer. */
  offer: string | undefined;
  credentials: (carrier: string) => { username: string; password: string } | undefined;
  /** An 18x of the running attempt, SDP already rewritten for the caller. */
  onProgress: (status: number, reason: string, sdp: string | undefined) => void;
  /** A target may ring so long and no longer, in milliseconds. */
  ringLimitMs: number;
  session: SessionSettings;
  /** Hears how each try went. */
  health: { tried(attempt: Attempt, result: AttemptResult): void };
}

type Verdict = HuntResult | 'next' | 'again';

/** Tries the plan's targets one after the other, until one answers, refuses for good, or the caller gives up. */
export class Hunt {
  readonly #deps: HuntDeps;
  #current: InviteAttempt | undefined;
  #cancel: SipHeaders | undefined;
  #abandoned: string | undefined;
  #rangTooLong = false;
  /** The session interval that the target insists on, in seconds. */
  #interval: number | undefined;
  /** Media answers keep the order of the callee's responses. */
  #progress: Promise<unknown> = Promise.resolve();
  #lastAnswer: { theirs: string; ours: string } | undefined;
  #last: { outcome: AttemptOutcome; callee?: SipHeaders } = { outcome: { error: 'no-response' } };

  constructor(deps: HuntDeps) {
    this.#deps = deps;
  }

  /** Ends the hunt with `cancelled`: at once between attempts, else when the running attempt has ended. */
  cancel(headers: SipHeaders): void {
    this.#cancel ??= headers;
    this.#current?.cancel(this.#cancel);
  }

  /** The engine is gone: nothing more will come for the running attempt. */
  abandon(error: string): void {
    this.#cancel ??= {};
    this.#abandoned = error;
    this.#current?.abandon(error);
  }

  async run(): Promise<HuntResult> {
    for (const attempt of this.#deps.plan.attempts) {
      if (this.#cancel) break;
      this.#interval = undefined;
      let verdict = await this.#try(attempt);
      if (verdict === 'again') verdict = await this.#try(attempt);
      if (verdict !== 'next' && verdict !== 'again') return verdict;
    }
    if (this.#cancel) return { kind: 'cancelled' };
    const { outcome, callee } = this.#last;
    return { kind: 'failed', end: endAtExhaustion(outcome, this.#deps.plan), ...(callee && { callee }) };
  }

  async #try(attempt: Attempt): Promise<Verdict> {
    const { journal, ringLimitMs } = this.#deps;
    const entry = journal.attemptStarted(attempt);
    this.#lastAnswer = undefined;
    this.#rangTooLong = false;
    const invite = this.#invite(attempt, entry);
    this.#current = invite;
    const limit = setTimeout(() => {
      this.#rangTooLong = true;
      invite.cancel({ Reason: 'SIP;cause=408;text="Ringing for too long"' });
    }, ringLimitMs);
    const result = await invite.result;
    clearTimeout(limit);
    this.#deps.health.tried(attempt, result);
    this.#current = undefined;
    await this.#progress;
    const verdict = await this.#judge(result, entry);
    entry.endedAt = Date.now();
    return verdict;
  }

  #invite(attempt: Attempt, entry: AttemptEntry): InviteAttempt {
    const { plan, request, stack, offer, journal, credentials, session } = this.#deps;
    const proxy = nextHop(attempt);
    const auth = attempt.carrier === undefined ? undefined : credentials(attempt.carrier);
    return new InviteAttempt({
      stack,
      uri: attempt.requestUri,
      uac: {
        headers: { ...inviteHeaders(plan, attempt, request), ...askSession(session, this.#interval) },
        noAck: true,
        ...(offer !== undefined && { localSdp: offer }),
        ...(proxy !== undefined && { proxy }),
        ...(auth && { auth }),
      },
      note: (direction, summary) => {
        journal.note(entry.peer, direction, summary);
      },
      onProgress: (response) => {
        this.#progress = this.#progress.then(() => this.#relay(response));
      },
    });
  }

  /** 18x for the caller. A description without an offer before it is no answer (RFC 3261 §13.2.1) and is left out. */
  async #relay(response: SipResponse): Promise<void> {
    if (this.#cancel || response.status === 199) return;
    const theirs = this.#deps.offer === undefined ? undefined : sdpOf(response);
    let ours: string | undefined;
    try {
      ours = theirs === undefined ? undefined : await this.#answerFor(theirs);
    } catch {
      // Ringing goes on without early media; the answer decides.
    }
    this.#deps.onProgress(response.status, response.reason, ours);
  }

  async #answerFor(theirs: string): Promise<string> {
    if (this.#lastAnswer?.theirs === theirs) return this.#lastAnswer.ours;
    const ours = await this.#deps.media.answer('callee', theirs);
    this.#lastAnswer = { theirs, ours };
    return ours;
  }

  async #judge(result: AttemptResult, entry: AttemptEntry): Promise<Verdict> {
    switch (result.kind) {
      case 'answered':
        return this.#answered(result.leg, result.response, entry);
      case 'delayed-offer':
        return this.#offered(result.offer, entry);
      case 'refused':
        return this.#refused(result.response, entry);
      case 'unreachable':
        return this.#unreachable(result, entry);
      case 'cancelled':
        entry.outcome = 'cancelled';
        entry.status = result.status;
        await result.hungUp?.catch(() => undefined);
        return this.#rangTooLong && !this.#cancel ? noAnswer : { kind: 'cancelled' };
    }
  }

  /** Read anew: the caller may have given up during any wait. */
  #cancelledMeanwhile(): SipHeaders | undefined {
    return this.#cancel;
  }

  /** The caller gave up in the very moment of the answer: the record waits until the target knows. */
  async #tooLate(hungUp: Promise<unknown>, entry: AttemptEntry): Promise<Verdict> {
    entry.outcome = 'cancelled';
    entry.status = 200;
    await hungUp.catch(() => undefined);
    return { kind: 'cancelled' };
  }

  async #offered(offer: DelayedOffer, entry: AttemptEntry): Promise<Verdict> {
    if (this.#cancel) return this.#tooLate(offer.destroy(), entry);
    entry.status = 200;
    entry.reason = 'OK';
    entry.outcome = 'answered';
    return { kind: 'delayed-offer', offer, sdp: offer.sdp, entry };
  }

  async #answered(leg: Leg, response: SipResponse, entry: AttemptEntry): Promise<Verdict> {
    if (this.#cancel) return this.#tooLate(leg.bye(this.#cancel), entry);
    entry.status = 200;
    entry.reason = response.reason;
    // Some endpoints put their answer into the 183 only.
    const theirs = sdpOf(response) ?? this.#lastAnswer?.theirs;
    try {
      if (theirs === undefined || this.#deps.offer === undefined) throw new Error('answered without SDP');
      const answer = await this.#answerFor(theirs);
      entry.outcome = 'answered';
      return { kind: 'answered', leg, answer, theirs };
    } catch (error) {
      const cancel = this.#cancelledMeanwhile();
      if (cancel) return this.#tooLate(leg.bye(cancel), entry);
      void leg.bye({ Reason: 'SIP;cause=488;text="Not Acceptable Here"' });
      entry.outcome = 'next';
      entry.error = error instanceof Error ? error.message : String(error);
      this.#last = { outcome: { status: 488, reason: 'Not Acceptable Here' } };
      return 'next';
    }
  }

  #refused(response: SipResponse, entry: AttemptEntry): Verdict {
    const { status, reason, headers } = response;
    entry.status = status;
    entry.reason = reason;
    entry.outcome = 'next';
    this.#last = { outcome: { status, reason }, callee: headers };
    if (this.#wantsLonger(response)) return 'again';
    const verdict = classifyOutcome({ status, reason }, this.#deps.plan.failover);
    if (verdict !== 'final') return 'next';
    entry.outcome = 'final';
    return { kind: 'failed', end: endAtFinal({ status, reason }, entry.attempt.target), callee: headers };
  }

  /** A 422 whose Min-SE we can grant (RFC 4028 §7.3), once. */
  #wantsLonger({ status, headers }: SipResponse): boolean {
    if (status !== 422 || this.#interval !== undefined || this.#cancel) return false;
    this.#interval = longerInterval(headers, this.#deps.session.interval);
    return this.#interval !== undefined;
  }

  #unreachable(result: Extract<AttemptResult, { kind: 'unreachable' }>, entry: AttemptEntry): Verdict {
    entry.error = this.#abandoned ?? result.error;
    entry.outcome = this.#cancel ? 'cancelled' : 'next';
    if (this.#cancel) return { kind: 'cancelled' };
    this.#last = { outcome: { error: result.cause } };
    return 'next';
  }
}

/** Policy leaves UDP unsaid in the Request-URI; a stack with several transports must be told (it may choose any). */
const nextHop = ({ nextHop: given, transport, requestUri }: Attempt): string | undefined => {
  if (given !== undefined || transport !== 'udp') return given;
  return `${requestUri.replace(/^sip:[^@]*@/, 'sip:')};transport=udp`;
};

const noAnswer: HuntResult = {
  kind: 'failed',
  end: { code: 'no-answer', ...REJECT_CODES['no-answer'], text: 'the target rang for too long' },
};
