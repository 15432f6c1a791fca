// SPDX-License-Identifier: Apache-2.0
import { Leg, type LegNote } from './leg.ts';
import {
  errorText,
  isDialog,
  refusalOf,
  type DelayedOffer,
  type SipDialog,
  type SipHeaders,
  type SipReply,
  type SipRequest,
  type SipResponse,
  type SipStack,
  type UacOptions,
} from './sip-stack.ts';

export type AttemptResult =
  | { kind: 'answered'; leg: Leg; response: SipResponse }
  | { kind: 'delayed-offer'; offer: DelayedOffer }
  | { kind: 'refused'; response: SipResponse }
  /** No answer from the target: never reached, or nothing came back. */
  | Unreachable
  /** `hungUp`: a leg that answered all the same has been told. */
  | { kind: 'cancelled'; status: number; hungUp?: Promise<unknown> };

interface Unreachable {
  kind: 'unreachable';
  error: string;
  cause: 'no-response' | 'transport' | 'dns';
  /** It says nothing about the target: it was not asked, or it did answer. */
  inconclusive?: true;
}

export interface AttemptOptions {
  stack: SipStack;
  uri: string;
  uac: UacOptions;
  onProgress: (response: SipResponse) => void;
  note: LegNote;
}

/** One INVITE to one target, from the first byte to its final answer. A leg that answers after our CANCEL is hung up in here. */
export class InviteAttempt {
  readonly result: Promise<AttemptResult>;
  readonly #options: AttemptOptions;
  #settle: (result: AttemptResult) => void = () => undefined;
  #request: SipRequest | undefined;
  #cancelHeaders: SipHeaders | undefined;
  /** The target has given its final answer: there is nothing left to cancel. */
  #final = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.result = new Promise((resolve) => (this.#settle = resolve));
    try {
      options.stack.createUAC(
        options.uri,
        options.uac,
        { cbRequest: this.#sent, cbProvisional: this.#progress },
        this.#ended,
      );
    } catch (error) {
      // srf asserts that it has a connection.
      const text = `SIP engine: ${errorText(error)}`;
      this.#settle({ kind: 'unreachable', error: text, cause: 'transport', inconclusive: true });
    }
  }

  /** Sends CANCEL as soon as it may be sent; the result still comes from the target's final answer. */
  cancel(headers: SipHeaders): void {
    if (this.#cancelHeaders || this.#final) return;
    this.#cancelHeaders = headers;
    if (this.#request) this.#sendCancel(this.#request, headers);
  }

  /** Nothing more will come: the engine is gone, or has dropped a cancelled transaction in silence. */
  abandon(error: string): void {
    this.#cancelHeaders ??= {};
    this.#settle({ kind: 'unreachable', error, cause: 'transport', inconclusive: true });
  }

  readonly #sent = (error: unknown, request?: SipRequest): void => {
    if (error || !request) return; // The final callback reports it.
    this.#request = request;
    // srf adds its own listener after this call: it would answer our offer once more.
    queueMicrotask(() => request.removeAllListeners('update').on('update', refuseEarlyOffer));
    if (this.#cancelHeaders) this.#sendCancel(request, this.#cancelHeaders);
  };

  readonly #progress = (response: SipResponse): void => {
    this.#options.note('in', `${response.status} ${response.reason}`);
    if (!this.#cancelHeaders) this.#options.onProgress(response);
  };

  readonly #ended = (error: unknown, answered?: SipDialog | DelayedOffer): void => {
    this.#final = true;
    if (answered) this.#settle(this.#answered(answered));
    else this.#settle(this.#failed(error));
  };

  #answered(answered: SipDialog | DelayedOffer): AttemptResult {
    this.#options.note('in', '200 OK');
    this.#options.note('out', 'ACK');
    if (isDialog(answered)) {
      const leg = new Leg(this.#options.stack, answered, this.#options.note);
      if (!this.#cancelHeaders) return { kind: 'answered', leg, response: answered.res };
      // CANCEL and 200 crossed (RFC 3261 §9.1): the call exists, and nobody wants it. The engine may have hung up already.
      return { kind: 'cancelled', status: 200, hungUp: leg.bye(this.#cancelHeaders) };
    }
    if (!this.#cancelHeaders) return { kind: 'delayed-offer', offer: answered };
    return { kind: 'cancelled', status: 200, hungUp: answered.destroy() };
  }

  #failed(error: unknown): AttemptResult {
    const response = refusalOf(error);
    if (response) this.#options.note('in', `${response.status} ${response.reason}`);
    if (this.#cancelHeaders) return { kind: 'cancelled', status: response?.status ?? 0 };
    if (!response) return { kind: 'unreachable', error: errorText(error), cause: 'transport' };
    // A 2xx that made no dialog: no Contact in it, or not a 200.
    if (response.status < 300) {
      return {
        kind: 'unreachable',
        error: `unusable ${response.status} answer: ${errorText(error)}`,
        cause: 'transport',
        inconclusive: true,
      };
    }
    return failureOf(response) ?? { kind: 'refused', response };
  }

  #sendCancel(request: SipRequest, headers: SipHeaders): void {
    this.#options.note('out', 'CANCEL');
    try {
      request.cancel({ headers });
    } catch (error) {
      this.abandon(errorText(error));
    }
  }
}

/** UPDATE of a target that has not answered yet (RFC 3311 §5.2): our offer is still open, so another one has to wait. */
const refuseEarlyOffer = (update: SipRequest, reply: SipReply): void => {
  if (update.body === '') reply.send(200, undefined, { headers: { Contact: '<sip:anonymous@localhost>' } });
  else reply.send(491, 'Request Pending', {});
};

/** The engine makes up 408 and 503 where no answer came from the network; those have no peer. */
const isLocal = (response: SipResponse): boolean =>
  response.source_address === '' && (response.status === 408 || response.status === 503);

/** Why the target gave no answer; undefined where the response is its own. */
export const failureOf = (response: SipResponse): Unreachable | undefined => {
  if (!isLocal(response)) return undefined;
  const { status, reason } = response;
  if (status === 408) return { kind: 'unreachable', error: 'no response in 4 s', cause: 'no-response' };
  if (/\bDNS\b/i.test(reason))
    return { kind: 'unreachable', error: detailOf(response) ?? reason, cause: 'dns' };
  // The reason phrase is the engine's own "Service Unavailable": in a record it would read as the target's answer.
  const error = detailOf(response) ?? 'no connection: refused, or a transport error';
  return { kind: 'unreachable', error, cause: 'transport' };
};

/** The embedded engine's Warning says what went wrong; drachtio-server has none. */
const detailOf = ({ headers }: SipResponse): string | undefined =>
  /^399 sip-engine "(.*)"$/.exec(headers['warning'] ?? '')?.[1];
