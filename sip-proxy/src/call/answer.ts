// SPDX-License-Identifier: Apache-2.0
import type { MediaSession } from '@trunkline/media-relay';
import { CallerGoneError, type CallerInvite } from './caller-invite.ts';
import type { HuntResult } from './hunt.ts';
import type { CallJournal } from './journal.ts';
import { Leg } from './leg.ts';
import type { Agreed } from './negotiation.ts';
import { sdpOf } from './request-facts.ts';
import type { SipHeaders, SipRequest, SipStack } from './sip-stack.ts';

/** What both ways of answering need of a call. */
export interface Answering {
  stack: SipStack;
  media: MediaSession;
  invite: CallerInvite;
  journal: CallJournal;
  /** Of the 200. */
  headers: SipHeaders;
  isOver: () => boolean;
  /** From now on the call owns this leg too, and hangs it up with the others. */
  hold: (leg: Leg) => void;
}

export interface Answered {
  legs: readonly [Leg, Leg];
  agreed: Agreed;
}

type Result<K extends HuntResult['kind']> = Extract<HuntResult, { kind: K }>;

/** The callee has answered our offer: the caller gets its 200. Throws where the caller is gone; the call then hangs up its legs. */
export const answerCaller = async (call: Answering, result: Result<'answered'>): Promise<Answered> => {
  const caller = await acceptInvite(call, result.answer);
  const offer = sdpOf(call.invite.request) ?? '';
  return { legs: [caller, result.leg], agreed: { offerer: 'caller', offer, answer: result.theirs } };
};

/**
 * Nobody has offered yet but the callee, in its 200 (RFC 3261 §13.2.1): its offer goes to the caller, and the answer in the
 * caller's ACK to the callee's ACK.
 */
export const answerDelayed = async (call: Answering, result: Result<'delayed-offer'>): Promise<Answered> => {
  const { media, stack, journal } = call;
  try {
    const caller = await acceptInvite(call, await media.offer('callee', result.sdp));
    const answer = answerIn(await caller.ready);
    const dialog = await result.offer.ack(await media.answer('caller', answer));
    const callee = new Leg(stack, dialog, (direction, summary) => {
      journal.note(result.entry.peer, direction, summary);
    });
    call.hold(callee);
    if (call.isOver()) throw new CallerGoneError('the call ended before the callee was connected');
    return { legs: [caller, callee], agreed: { offerer: 'callee', offer: result.sdp, answer } };
  } catch (error) {
    void result.offer.destroy();
    throw error;
  }
};

const acceptInvite = async (
  { invite, stack, headers, journal, hold, isOver }: Answering,
  sdp: string,
): Promise<Leg> => {
  if (isOver()) throw new CallerGoneError('the caller has given up');
  const caller = await invite.accept(stack, sdp, headers);
  journal.answeredAt = Date.now();
  journal.ringingAt ??= journal.answeredAt;
  hold(caller);
  if (isOver()) throw new CallerGoneError('the call ended while it was answered');
  return caller;
};

const answerIn = (ack: SipRequest | undefined): string => {
  if (!ack) throw new CallerGoneError('the caller never sent its ACK', 'ack-timeout');
  const answer = sdpOf(ack);
  if (answer === undefined)
    throw new CallerGoneError('no answer to our offer in the ACK', 'media-not-acceptable');
  return answer;
};
