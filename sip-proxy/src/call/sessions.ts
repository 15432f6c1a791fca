// SPDX-License-Identifier: Apache-2.0
import type { Leg as Side } from '@trunkline/media-relay';
import type { Leg } from './leg.ts';
import {
  agreedSession,
  answerSession,
  keepSession,
  longerInterval,
  type Session,
  type SessionSettings,
} from './session-interval.ts';
import { SessionKeeper, type Refreshed } from './session-keeper.ts';
import type { SipHeaders, SipReply, SipRequest, SipResponse } from './sip-stack.ts';

export interface SessionEvents {
  /** Refreshes a leg; undefined: not at this moment. Rejects where no answer came. */
  refresh: (leg: Leg) => Promise<SipResponse | undefined>;
  expired: (leg: Leg, why: string) => void;
}

/** The session timers of a call's two legs (RFC 4028), each on its own. */
export class Sessions {
  readonly #settings: SessionSettings;
  readonly #legs: readonly [Leg, Leg];
  readonly #keepers = new Map<Side, SessionKeeper>();

  constructor(legs: readonly [Leg, Leg], settings: SessionSettings) {
    this.#legs = legs;
    this.#settings = settings;
  }

  /** From the answer on. */
  start({ refresh, expired }: SessionEvents): void {
    for (const leg of this.#legs) {
      const keeper = new SessionKeeper(this.#begun(leg), {
        refresh: () => refresh(leg).then((answer) => this.#judge(answer), lost),
        expired: (why) => {
          expired(leg, why);
        },
      });
      this.#keepers.set(leg.side, keeper);
    }
  }

  stop(): void {
    for (const keeper of this.#keepers.values()) keeper.stop();
  }

  /** Answers a re-INVITE or UPDATE whose interval is under our minimum (RFC 4028 §9). */
  refusesShort(request: SipRequest, reply: SipReply): boolean {
    const answer = answerSession(request.headers, this.#settings);
    if (!('tooSmall' in answer)) return false;
    const headers = { 'Min-SE': String(answer.tooSmall) };
    reply.send(422, 'Session Interval Too Small', { headers });
    return true;
  }

  /** A re-INVITE or UPDATE of the peer gets its 2xx, with these headers. */
  accepted(leg: Leg, request: SipRequest): SipHeaders {
    const answer = answerSession(request.headers, this.#settings);
    if ('tooSmall' in answer) return {};
    this.#keepers.get(leg.side)?.agreed(answer.session);
    return { Supported: 'timer', ...answer.headers };
  }

  /** Headers of a re-INVITE or UPDATE of ours. */
  asking(leg: Leg): SipHeaders {
    return keepSession(this.#of(leg), this.#settings);
  }

  /**
   * A re-INVITE or UPDATE of ours has had its final answer; where that is a 2xx, the session is refreshed.
   * @returns true for a 422 after which we ask for more, so that asking again is of use
   */
  answered(leg: Leg, { status, headers }: SipResponse): boolean {
    const { interval, refresher } = this.#of(leg);
    const longer = status === 422 ? longerInterval(headers, interval) : undefined;
    const keeper = this.#keepers.get(leg.side);
    if (longer !== undefined) keeper?.agreed({ interval: longer, refresher });
    else if (status < 300) keeper?.agreed(agreedSession(headers, interval, this.#settings));
    return longer !== undefined;
  }

  /** What INVITE and 2xx have agreed; pure, so that nothing has to be carried here from when they were sent. */
  #begun({ dialog }: Leg): Session {
    const { interval } = this.#settings;
    if (dialog.type === 'uac') return agreedSession(dialog.res.headers, interval, this.#settings);
    const answer = answerSession(dialog.req.headers, this.#settings);
    return 'session' in answer ? answer.session : { interval, refresher: 'us' };
  }

  #of(leg: Leg): Session {
    return this.#keepers.get(leg.side)?.session ?? this.#begun(leg);
  }

  #judge(answer: SipResponse | undefined): Refreshed {
    if (answer === undefined || answer.status === 491) return 'later';
    const { status } = answer;
    if (status === 481) return 'gone';
    if (status === 408) return 'silent';
    return status < 300 ? 'done' : 'refused';
  }
}

/** srf knows no such dialog any more, or no answer came in time. */
const lost = (error: unknown): Refreshed =>
  error instanceof Error && /dialog/i.test(error.message) ? 'gone' : 'silent';
