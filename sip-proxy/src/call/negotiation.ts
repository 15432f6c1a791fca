// SPDX-License-Identifier: Apache-2.0
import type { Leg as Side, MediaSession } from '@trunkline/media-relay';
import { passedHeaders } from './headers.ts';
import type { Leg } from './leg.ts';
import { sdpOf } from './request-facts.ts';
import type { Sessions } from './sessions.ts';
import type { SipHeaders, SipReply, SipRequest, SipResponse } from './sip-stack.ts';

/** An offer and its answer, as the two sides sent them. */
export interface Agreed {
  offerer: Side;
  offer: string;
  answer: string;
}

export interface Exchange {
  req: SipRequest;
  reply: SipReply;
  from: Leg;
  to: Leg;
}

/** The far side says that it does not know the dialog, or says nothing (RFC 3261 §12.2.1.2). */
export class DialogLostError extends Error {}

const PENDING = 'Request Pending';

/** Offers and answers within the call: one exchange at a time, both ways, always by way of the media node. */
export class Negotiation {
  readonly #media: MediaSession;
  readonly #sessions: Sessions;
  #agreed: Agreed;
  #offering: Leg | 'us' | undefined;

  constructor(media: MediaSession, agreed: Agreed, sessions: Sessions) {
    this.#media = media;
    this.#agreed = agreed;
    this.#sessions = sessions;
  }

  /**
   * Answers a re-INVITE or an UPDATE. Throws a `DialogLostError` where the other side has lost the call; anything else
   * is answered to the one that asked.
   */
  async handle(exchange: Exchange): Promise<void> {
    const { req, reply, from } = exchange;
    if (this.#sessions.refusesShort(req, reply)) return;
    if (req.method === 'UPDATE' && sdpOf(req) === undefined) {
      // It offers nothing, so it cannot be in the way of an offer (RFC 3311 §5.2).
      this.#accept(exchange);
      return;
    }
    if (this.#offering) {
      // RFC 3261 §14.2: glare is 491; a second one from the same side has to wait.
      if (this.#offering === from) reply.send(500, undefined, { headers: { 'Retry-After': '3' } });
      else reply.send(491, PENDING, {});
      return;
    }
    this.#offering = from;
    try {
      await this.#exchange(exchange);
    } catch (error) {
      if (!reply.finalResponseSent) reply.send(500, undefined, {});
      if (error instanceof DialogLostError) throw error;
    } finally {
      this.#offering = undefined;
    }
  }

  /**
   * Refreshes the session of a leg with what is agreed (RFC 4028 §7.4): by UPDATE where the peer takes it, which needs no
   * description, else by re-INVITE. Undefined while somebody negotiates. Rejects where no answer came.
   */
  async refresh(leg: Leg): Promise<SipResponse | undefined> {
    if (this.#offering) return undefined;
    // Without an offer, so in nobody's way.
    const update = leg.allows('UPDATE') ? await this.#send(leg, 'UPDATE') : undefined;
    if (update !== undefined && update.status !== 405 && update.status !== 501) return update;
    return this.#offerAgain(leg);
  }

  async #offerAgain(leg: Leg): Promise<SipResponse | undefined> {
    if (this.#offering) return undefined;
    this.#offering = 'us';
    try {
      const answer = await this.#send(leg, 'INVITE', leg.dialog.local.sdp);
      if (answer.status === 200) await this.#heardAgain(leg, sdpOf(answer));
      return answer;
    } finally {
      this.#offering = undefined;
    }
  }

  /** Whatever is sent is a refresh too (RFC 4028 §7.4); a longer interval that the peer insists on is granted. */
  async #send(to: Leg, method: 'INVITE' | 'UPDATE', body?: string): Promise<SipResponse> {
    const response = await to.request(method, this.#asking(to), body);
    if (!this.#sessions.answered(to, response)) return response;
    const again = await to.request(method, this.#asking(to), body);
    this.#sessions.answered(to, again);
    return again;
  }

  /** The peer may have moved its media; the other side is not concerned, its own description being the media node's. */
  async #heardAgain(leg: Leg, theirs: string | undefined): Promise<void> {
    const { offerer, offer, answer } = this.#agreed;
    const [before, others] = offerer === leg.side ? [offer, answer] : [answer, offer];
    if (theirs === undefined || theirs === before) return;
    this.#agreed = { offerer: leg.side === 'caller' ? 'callee' : 'caller', offer: others, answer: theirs };
    await this.#restore();
  }

  async #exchange(exchange: Exchange): Promise<void> {
    await exchange.to.ready;
    const offer = sdpOf(exchange.req);
    if (offer === undefined) await this.#fetchOffer(exchange);
    else await this.#passOffer(exchange, offer);
  }

  #accept({ req, reply, from }: Exchange, body?: string): void {
    const headers = { ...contactOf(from), ...this.#sessions.accepted(from, req) };
    reply.send(200, undefined, { headers, ...(body !== undefined && { body }) });
  }

  #asking(to: Leg): SipHeaders {
    return { ...contactOf(to), ...this.#sessions.asking(to) };
  }

  async #passOffer(exchange: Exchange, theirs: string): Promise<void> {
    const { req, reply, from, to } = exchange;
    const offer = await this.#offered(from.side, theirs, reply);
    if (offer === undefined) return;
    const method = req.method === 'UPDATE' && to.allows('UPDATE') ? 'UPDATE' : 'INVITE';
    const response = await ask(() => this.#send(to, method, offer));
    const answer = response.status === 200 ? sdpOf(response) : undefined;
    if (answer === undefined) {
      await this.#restore();
      refuse(reply, response);
      return;
    }
    const ours = await this.#media.answer(to.side, answer);
    this.#agreed = { offerer: from.side, offer: theirs, answer };
    to.dialog.local.sdp = offer;
    from.dialog.local.sdp = ours;
    this.#accept(exchange, ours);
  }

  /** A re-INVITE without SDP: the other side makes the offer, and the ACK brings the answer (RFC 3261 §14.2). */
  async #fetchOffer(exchange: Exchange): Promise<void> {
    const { reply, from, to } = exchange;
    const { response, ack } = await ask(() => to.requestOffer(this.#asking(to)));
    this.#sessions.answered(to, response);
    const theirs = response.status === 200 ? sdpOf(response) : undefined;
    if (theirs === undefined || !ack) {
      ack?.({ body: to.dialog.local.sdp });
      refuse(reply, response);
      return;
    }
    const offer = await this.#offered(to.side, theirs, reply);
    if (offer === undefined) {
      ack({ body: to.dialog.local.sdp });
      return;
    }
    const acked = nextAck(from);
    this.#accept(exchange, offer);
    const confirmed = await acked;
    const answer = confirmed && sdpOf(confirmed);
    const ours = answer === undefined ? to.dialog.local.sdp : await this.#media.answer(from.side, answer);
    ack({ body: ours });
    if (answer !== undefined) this.#agreed = { offerer: to.side, offer: theirs, answer };
    to.dialog.local.sdp = ours;
    from.dialog.local.sdp = offer;
  }

  /** The media node may refuse a description: then the session stays as it was. */
  async #offered(side: Side, sdp: string, reply: SipReply): Promise<string | undefined> {
    try {
      return await this.#media.offer(side, sdp);
    } catch {
      reply.send(488, undefined, {});
      return undefined;
    }
  }

  /** Takes a refused offer back: the media node goes on with what was agreed before. */
  async #restore(): Promise<void> {
    const { offerer, offer, answer } = this.#agreed;
    try {
      await this.#media.offer(offerer, offer);
      await this.#media.answer(offerer === 'caller' ? 'callee' : 'caller', answer);
    } catch {
      // The node is in trouble; it reports a lost call by itself.
    }
  }
}

/** The contact as the engine wrote it when the dialog began: `@localhost` means nothing within a dialog. */
const contactOf = ({ dialog }: Leg): Record<string, string> => ({ Contact: dialog.local.contact });

const ask = async <T extends SipResponse | { response: SipResponse }>(send: () => Promise<T>): Promise<T> => {
  let given: T;
  try {
    given = await send();
  } catch (error) {
    throw new DialogLostError(error instanceof Error ? error.message : String(error));
  }
  const { status } = 'response' in given ? given.response : given;
  if (status === 481 || status === 408) throw new DialogLostError(`the far side answered ${status}`);
  return given;
};

const refuse = (reply: SipReply, { status, reason, headers }: SipResponse): void => {
  // A 422 was about the session timer between the other side and us.
  if (status < 300 || status === 422) reply.send(488, undefined, {});
  else reply.send(status, reason, { headers: passedHeaders('INVITE', headers, false) });
};

/** Undefined where the call ends before its ACK: the other side still needs one of ours (RFC 3261 §13.2.2.4). */
const nextAck = ({ dialog }: Leg): Promise<SipRequest | undefined> =>
  new Promise((resolve) => {
    dialog.once('ack', resolve);
    dialog.once('destroy', () => {
      resolve(undefined);
    });
  });
