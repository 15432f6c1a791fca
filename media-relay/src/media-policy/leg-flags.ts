// SPDX-License-Identifier: Apache-2.0
import type { Leg, LegPolicy, SessionOptions } from '../media-session.ts';

/** Tags towards the node: ours and stable, so that a second callee takes the first one's place. */
export const TAG: Record<Leg, string> = { caller: 'a', callee: 'b' };

export function otherLeg(leg: Leg): Leg {
  return leg === 'caller' ? 'callee' : 'caller';
}

/**
 * Flags for the party whose SDP the message carries; they must be on every one of its messages (a re-INVITE without
 * `asymmetric` turns learning on again). Measured on rtpengine 10.5:
 *
 * - symmetric: return media follows the first source at once and settles 3 s after signalling; a later source is
 *   neither followed nor forwarded; an attacker who sprays the port gets no audio.
 * - not symmetric: media always goes to the SDP address and is taken from anywhere.
 * - `port-latching` keeps the port that the other party was shown when this party's address changes.
 */
export function legFlags(policy: LegPolicy): string[] {
  return policy.symmetricRtp
    ? ['endpoint-learning-heuristic', 'strict-source', 'port-latching']
    : ['asymmetric', 'port-latching'];
}

/** What every offer and answer says: plain RTP, no ICE, our address everywhere, and typed load limits. */
const ALWAYS = {
  ICE: 'remove',
  DTLS: 'off',
  replace: ['origin', 'session-connection', 'SDP-version'],
  supports: ['load limit'],
};

/** Codecs that carry no speech and pass whatever the list says: DTMF (RFC 4733) and comfort noise (RFC 3389). */
const ALWAYS_ALLOWED = ['telephone-event', 'CN'];

export interface SdpMessage {
  from: Leg;
  sdp: string;
  /** Whether the other leg is known to the node yet: then the message names it. */
  peerKnown: boolean;
}

/** The `offer` of one leg's SDP for the other. */
export function offerBody(session: SessionOptions, message: SdpMessage): Record<string, unknown> {
  const body: Record<string, unknown> = {
    ...ALWAYS,
    'call-id': session.callId,
    'from-tag': TAG[message.from],
    sdp: message.sdp,
    flags: legFlags(session.legs[message.from]),
  };
  if (message.peerKnown) body['to-tag'] = TAG[otherLeg(message.from)];
  // `offer` puts the list's order before the offerer's; `except` would keep the offerer's.
  if (session.codecs.length > 0)
    body.codec = { strip: ['all'], offer: [...session.codecs, ...ALWAYS_ALLOWED] };
  return body;
}

/** The `answer` of one leg to the other's offer: `from-tag` stays the offerer's. */
export function answerBody(
  session: SessionOptions,
  message: Omit<SdpMessage, 'peerKnown'>,
): Record<string, unknown> {
  return {
    ...ALWAYS,
    'call-id': session.callId,
    'from-tag': TAG[otherLeg(message.from)],
    'to-tag': TAG[message.from],
    sdp: message.sdp,
    flags: legFlags(session.legs[message.from]),
  };
}

/**
 * Ends the call at once: with rtpengine's own default the ports would stay open for 30 s.
 *
 * @param known a leg that has sent its SDP: a tag that the call does not have deletes nothing, and without one there are no
 * statistics
 */
export function deleteBody(callId: string, known: Leg = 'caller'): Record<string, unknown> {
  return { 'call-id': callId, 'from-tag': TAG[known], 'delete-delay': 0 };
}
