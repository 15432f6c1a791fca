// SPDX-License-Identifier: Apache-2.0
import { MediaError, type MediaPool, type MediaSession, type MediaStatistics } from '@trunkline/media-relay';
import type { CallHealth } from '../health/target-health.ts';
import type { DialPlan } from '../policy/decision.ts';
import type { HuntEnd } from '../policy/outcome.ts';
import { REJECT_CODES, type RejectCode } from '../policy/reject-codes.ts';
import { formatReason } from '../policy/reject.ts';
import { answerCaller, answerDelayed } from './answer.ts';
import { Bridge } from './bridge.ts';
import { reportCall, type ReportSinks } from './call-report.ts';
import type { CallRegistry, RegisteredCall } from './call-registry.ts';
import { CallerGoneError, type CallerInvite } from './caller-invite.ts';
import { answerHeaders, passedReason, refusalHeaders } from './headers.ts';
import { Hunt, type HuntResult } from './hunt.ts';
import type { CallJournal, Ending } from './journal.ts';
import type { Leg, RemoteEnd } from './leg.ts';
import { Negotiation, type Agreed } from './negotiation.ts';
import { answerSession, type SessionSettings } from './session-interval.ts';
import { Sessions } from './sessions.ts';
import { errorText, type SipHeaders, type SipStack } from './sip-stack.ts';

export interface CallDeps extends ReportSinks {
  stack: SipStack;
  media: MediaPool;
  registry: CallRegistry;
  credentials: (carrier: string) => { username: string; password: string } | undefined;
  /** A target may ring so long, in milliseconds. */
  ringLimitMs: number;
  /** What is known of the targets, and learns from each call. */
  health: CallHealth;
  session: SessionSettings;
  /** SIP extensions that callers may require. */
  extensions: readonly string[];
  /** A record waits so long for the last answers (487, 200 to a BYE), in milliseconds. */
  settleLimitMs: number;
}

export interface CallStart {
  invite: CallerInvite;
  journal: CallJournal;
  plan: DialPlan;
  /** The caller's SDP; undefined for an INVITE without one. */
  offer: string | undefined;
  /** Gives back what the call holds of the limits. */
  release: () => void;
}

/** One permitted call from its INVITE to its record: the single owner of limits, media, legs and record. */
export class Call implements RegisteredCall {
  readonly #deps: CallDeps;
  readonly #start: CallStart;
  readonly #media: MediaSession;
  #hunt: Hunt | undefined;
  #hunting: Promise<HuntResult> | undefined;
  #legs: readonly Leg[] = [];
  #sessions: Sessions | undefined;
  #longest: NodeJS.Timeout | undefined;
  #over = false;
  /** Of the BYEs, also to a leg that comes when the call is over. */
  #bye: SipHeaders = {};

  constructor(deps: CallDeps, start: CallStart) {
    this.#deps = deps;
    this.#start = start;
    this.#media = openMedia(deps.media, start);
    deps.registry.add(this);
    start.invite.onCancel(this.#callerCancelled);
  }

  get sid(): string {
    return this.#start.journal.sid;
  }

  /** Never rejects. */
  async run(): Promise<void> {
    try {
      const { offer } = this.#start;
      const rewritten = offer === undefined ? undefined : await this.#media.offer('caller', offer);
      // The caller may have given up meanwhile.
      if (this.#over) return;
      this.#hunt = this.#newHunt(rewritten);
      this.#hunting = this.#hunt.run();
      await this.#hunted(await this.#hunting);
    } catch (error) {
      this.#failed(error);
    }
  }

  engineLost(): void {
    this.#hunt?.abandon('connection to the SIP engine lost');
    for (const leg of this.#legs) leg.forget();
    this.#finish({ status: this.#start.invite.finalStatus, code: 'engine-lost', hungUpBy: 'trunkline' });
  }

  mediaLost(reason: string): void {
    this.#stop('media-timeout', `the media of the call has ended: ${reason}`, 'media-unavailable');
  }

  hangUp(): void {
    this.#stop('draining', 'the service stops', 'draining');
  }

  #newHunt(offer: string | undefined): Hunt {
    const { stack, credentials, ringLimitMs, health, session } = this.#deps;
    const { journal, invite, plan } = this.#start;
    return new Hunt({
      stack,
      media: this.#media,
      journal,
      request: invite.request,
      plan,
      offer,
      credentials,
      ringLimitMs,
      health,
      session,
      onProgress: (status, reason, sdp) => {
        journal.ringingAt ??= Date.now();
        invite.progress(status, reason, answerHeaders(plan, invite.request, this.#deps.extensions), sdp);
      },
    });
  }

  async #hunted(result: HuntResult): Promise<void> {
    switch (result.kind) {
      case 'cancelled':
        this.#callerCancelled({});
        return;
      case 'failed':
        this.#refuse(result.end, result.callee);
        return;
      case 'answered':
        this.#legs = [result.leg];
        this.#bridge(await answerCaller(this.#answering(), result));
        return;
      case 'delayed-offer':
        this.#bridge(await answerDelayed(this.#answering(), result));
    }
  }

  #answering(): Parameters<typeof answerCaller>[0] {
    const { invite, journal, plan } = this.#start;
    const session = answerSession(invite.request.headers, this.#deps.session);
    return {
      stack: this.#deps.stack,
      media: this.#media,
      invite,
      journal,
      headers: {
        ...answerHeaders(plan, invite.request, this.#deps.extensions),
        ...('headers' in session && session.headers),
      },
      isOver: () => this.#over,
      hold: (leg) => {
        this.#legs = [leg, ...this.#legs];
      },
    };
  }

  #bridge({ legs, agreed }: { legs: readonly [Leg, Leg]; agreed: Agreed }): void {
    this.#legs = legs;
    const { journal, plan } = this.#start;
    this.#longest = setTimeout(() => {
      this.#stop(
        'max-call-duration',
        `calls of this trunk end after ${plan.maxCallDurationSeconds} s`,
        'no-answer',
      );
    }, plan.maxCallDurationSeconds * 1000);
    const sessions = new Sessions(legs, this.#deps.session);
    const negotiation = new Negotiation(this.#media, agreed, sessions);
    const bridge = new Bridge(legs, {
      journal,
      negotiation,
      transferRefusal: formatReason({ code: 'not-implemented', text: 'call transfer is not available yet' }),
      onHangUp: (leg, end) => {
        this.#hungUp(leg, end);
      },
      onLost: (detail) => {
        journal.warnings.push(detail);
        this.#stop('dialog-lost', detail, 'internal-error');
      },
    });
    this.#sessions = sessions;
    sessions.start({
      refresh: (leg) => negotiation.refresh(leg),
      expired: (leg, why) => {
        this.#stop('session-expired', `the ${leg.side} is gone: ${why}`, 'internal-error');
      },
    });
    bridge.start();
  }

  readonly #callerCancelled = (headers: SipHeaders): void => {
    this.#hunt?.cancel(passedReason(headers));
    const { cancelled, finalStatus } = this.#start.invite;
    if (cancelled || finalStatus === 0)
      this.#finish({ status: 487, code: 'caller-cancelled', hungUpBy: 'caller' });
    else this.#finish({ status: finalStatus, code: 'ack-timeout', hungUpBy: 'trunkline' });
  };

  /** A BYE, or the engine's word that a leg is no more: the other leg follows. */
  #hungUp(leg: Leg, end: RemoteEnd): void {
    const code = end.byEngine === undefined ? 'answered' : engineCode(end.byEngine);
    const hungUpBy = end.byEngine === undefined ? leg.side : 'trunkline';
    this.#finish({ status: 200, code, hungUpBy }, passedReason(end.request.headers));
  }

  /** Our own decision to end the call, before its answer (under `refusal`) or after. */
  #stop(code: RejectCode, text: string, refusal: RejectCode): void {
    if (this.#over) return;
    if (this.#start.invite.open) {
      this.#hunt?.cancel({});
      this.#refuse({ code: refusal, ...REJECT_CODES[refusal], text });
      return;
    }
    this.#finish({ status: 200, code, hungUpBy: 'trunkline' }, { Reason: formatReason({ code, text }) });
  }

  #refuse(end: HuntEnd, callee?: SipHeaders): void {
    if (this.#over) return;
    const { status, reason } = forCaller(end);
    this.#start.invite.refuse(status, reason, refusalHeaders(formatReason(end), callee));
    this.#finish({ status, code: end.code });
  }

  #failed(error: unknown): void {
    if (this.#over || error instanceof CallerGoneError) {
      // Where the call is over already, this only hangs up what has answered since.
      const code = error instanceof CallerGoneError ? error.code : 'internal-error';
      this.#finish({ status: this.#start.invite.finalStatus || 487, code, hungUpBy: 'caller' });
      return;
    }
    if (!(error instanceof MediaError)) this.#deps.log.error({ err: error, sid: this.sid }, 'call failed');
    const code = error instanceof MediaError ? error.rejectCode : 'internal-error';
    this.#stop(code, errorText(error), code);
  }

  /** The one way out: everything that the call holds is given back here, whatever happened. */
  #finish(ending: Ending, bye: SipHeaders = {}): void {
    if (!this.#over) this.#bye = bye;
    const byes = this.#legs.filter((leg) => !leg.ended).map((leg) => this.#hangUp(leg));
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#longest);
    this.#sessions?.stop();
    this.#start.journal.endedAt = Date.now();
    this.#start.release();
    const statistics = this.#media.close();
    const settled = this.#settle(ending, statistics, [...byes, this.#hunting]);
    this.#deps.registry.remove(this, settled);
  }

  async #hangUp(leg: Leg): Promise<void> {
    const status = await leg.bye(this.#bye);
    if (status === undefined || status === 408)
      this.#start.journal.warnings.push(`no answer to the BYE to the ${leg.side}`);
  }

  async #settle(ending: Ending, closing: Promise<MediaStatistics>, waits: unknown[]): Promise<void> {
    let statistics: MediaStatistics | undefined;
    const closed = closing.then((counted) => (statistics = counted));
    const limit = Promise.withResolvers<undefined>();
    const timer = setTimeout(limit.resolve, this.#deps.settleLimitMs, undefined);
    await Promise.race([Promise.allSettled([closed, ...waits]), limit.promise]);
    clearTimeout(timer);
    // A target that never answers its CANCEL (RFC 3261 §9.1) would hold the hunt for ever.
    this.#hunt?.abandon('no final answer after CANCEL');
    const { node } = this.#media;
    const media = node === undefined || statistics === undefined ? undefined : { node, ...statistics };
    reportCall(this.#deps, this.#start.journal, ending, media);
  }
}

const openMedia = (pool: MediaPool, { journal, plan }: CallStart): MediaSession => {
  const { customerLeg, symmetricRtp, codecs } = plan.media;
  // Carriers send from where their SDP says; what the trunk sets is about the customer.
  const legs = { caller: { symmetricRtp: false }, callee: { symmetricRtp: false } };
  legs[customerLeg] = { symmetricRtp };
  return pool.open({ callId: journal.sid, legs, codecs });
};

/** A challenge (RFC 3261 §22.3) and a 422 (RFC 4028 §6) are between us and the target; the caller could do nothing with them. */
const forCaller = ({ status, reason }: HuntEnd): { status: number; reason: string } =>
  status === 401 || status === 407 || status === 422
    ? { status: 503, reason: 'Service Unavailable' }
    : { status, reason };

const engineCode = (reason: string): RejectCode => {
  if (/ACK timeout/i.test(reason)) return 'ack-timeout';
  if (/session timer/i.test(reason)) return 'session-expired';
  return /cancel race/i.test(reason) ? 'caller-cancelled' : 'dialog-lost';
};
