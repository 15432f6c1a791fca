// SPDX-License-Identifier: Apache-2.0
import type { RejectCode } from '../policy/reject-codes.ts';
import { formatReason } from '../policy/reject.ts';
import { ownContact, refusalHeaders, requiresReliable } from './headers.ts';
import type { CallJournal } from './journal.ts';
import { Leg } from './leg.ts';
import { errorText, type SipHeaders, type SipReply, type SipRequest, type SipStack } from './sip-stack.ts';

/** The caller is no more: it gave up before our 200, its transaction is gone, or it has not completed the answer. */
export class CallerGoneError extends Error {
  readonly code: RejectCode;

  constructor(message: string, code: RejectCode = 'caller-cancelled') {
    super(message);
    this.code = code;
  }
}

/** RFC 3262 §3 gives a PRACK 64*T1, 32 s, after which the engine refuses the INVITE. A little less, so that the reason is ours. */
const PRACK_LIMIT_MS = 30_000;

interface Provisional {
  headers: SipHeaders;
  body?: string;
}

/** The caller's INVITE while it is open: provisional answers, one final answer, and the CANCEL that may come at any moment. */
export class CallerInvite {
  readonly request: SipRequest;
  readonly #reply: SipReply;
  readonly #journal: CallJournal;
  #cancel: SipHeaders | undefined;
  #onCancel: ((headers: SipHeaders) => void) | undefined;
  #final = 0;
  /** Reliable answers that wait for their PRACK. */
  #early: Promise<void> = Promise.resolve();
  #goOn: () => void = () => undefined;
  #accepting = false;

  /** To be made before anything is awaited: srf hands a CANCEL to whoever listens at that moment only. */
  constructor(request: SipRequest, reply: SipReply, journal: CallJournal) {
    this.request = request;
    this.#reply = reply;
    this.#journal = journal;
    request.once('cancel', this.#cancelled);
    request.on('update', this.#updated);
  }

  get cancelled(): boolean {
    return this.#cancel !== undefined;
  }

  /** Status of the final answer sent (487 by the engine after a CANCEL); 0 while the INVITE is open. */
  get finalStatus(): number {
    return this.#final;
  }

  /** Nothing final has been sent or is on its way. */
  get open(): boolean {
    return this.#final === 0 && !this.#accepting;
  }

  onCancel(listener: (headers: SipHeaders) => void): void {
    this.#onCancel = listener;
    if (this.#cancel) listener(this.#cancel);
  }

  progress(status: number, reason: string, headers: SipHeaders, body?: string): void {
    if (!this.open) return;
    const options = { headers, ...(body === undefined ? {} : { body }) };
    if (requiresReliable(this.request)) {
      this.#early = this.#early.then(() => this.#progressReliably(status, reason, options));
      return;
    }
    this.#journal.note('caller', 'out', `${status} ${reason}`);
    this.#reply.send(status, reason, options);
  }

  /** Final refusal; nothing where the INVITE has had its final answer, or is getting it. */
  refuse(status: number, reason: string, headers: SipHeaders): void {
    if (!this.open) return;
    this.#final = status;
    this.#journal.note('caller', 'out', `${status} ${reason}`);
    this.#reply.send(status, reason, { headers });
    this.#quiet();
  }

  /** One at a time, and the next one after its PRACK (RFC 3262 §3). */
  #progressReliably(status: number, reason: string, { headers, body }: Provisional): Promise<void> {
    // The first reliable answer to an INVITE without an offer has to make one (RFC 3261 §13.2.1): the 200 does.
    if (!this.open || this.request.body === '') return Promise.resolve();
    this.#journal.note('caller', 'out', `${status} ${reason}`);
    const options = { headers: { ...headers, Require: '100rel' }, ...(body === undefined ? {} : { body }) };
    return new Promise((resolve) => {
      const limit = setTimeout(() => {
        this.#neverAcknowledged();
        resolve();
      }, PRACK_LIMIT_MS);
      this.#goOn = () => {
        clearTimeout(limit);
        resolve();
      };
      const sent = (error: unknown): void => {
        if (error) this.#goOn();
      };
      this.#reply.send(status, reason, options, sent, this.#goOn);
    });
  }

  /** The INVITE gets a 5xx (RFC 3262 §3), and the call ends as by a CANCEL. */
  #neverAcknowledged(): void {
    if (!this.open) return;
    const text = 'the caller has not acknowledged a reliable provisional answer';
    this.refuse(504, 'Server Time-out', refusalHeaders(formatReason({ code: 'ack-timeout', text })));
    this.#onCancel?.({});
  }

  /** 200 with our SDP. Rejects with a `CallerGoneError` where it did not go out. */
  async accept(stack: SipStack, localSdp: string, headers: SipHeaders): Promise<Leg> {
    await this.#early;
    return this.#accept(stack, localSdp, headers);
  }

  #accept(stack: SipStack, localSdp: string, headers: SipHeaders): Promise<Leg> {
    if (!this.open) return Promise.reject(new CallerGoneError('the INVITE has had its final answer'));
    this.#accepting = true;
    return new Promise((resolve, reject) => {
      stack.createUAS(this.request, this.#reply, { localSdp, headers }, (error, dialog) => {
        if (error || !dialog) {
          reject(new CallerGoneError(errorText(error)));
          return;
        }
        this.#final = 200;
        const leg = new Leg(stack, dialog, (direction, summary) => {
          this.#journal.note('caller', direction, summary);
        });
        this.#journal.note('caller', 'out', '200 OK');
        this.#quiet();
        resolve(leg);
      });
    });
  }

  readonly #cancelled = (cancel: { headers: SipHeaders }): void => {
    if (this.#final !== 0) return;
    // The engine has answered both: 200 to the CANCEL, 487 to the INVITE.
    this.#final = 487;
    this.#cancel = cancel.headers;
    this.#journal.note('caller', 'in', 'CANCEL');
    this.#journal.note('caller', 'out', '487 Request Terminated');
    this.#onCancel?.(cancel.headers);
    this.#quiet();
  };

  /** UPDATE before our answer (RFC 3311 §5.2): a refresh is fine, an offer has to wait. */
  readonly #updated = (update: SipRequest, reply: SipReply): void => {
    if (update.body === '') reply.send(200, undefined, { headers: ownContact(this.request) });
    else reply.send(500, undefined, { headers: { 'Retry-After': '5' } });
  };

  #quiet(): void {
    this.#goOn();
    this.request.removeListener('cancel', this.#cancelled);
    this.request.removeListener('update', this.#updated);
  }
}
