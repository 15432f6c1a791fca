// SPDX-License-Identifier: Apache-2.0

/** The two sides of a bridged call. Ids towards rtpengine are our own, never SIP's (research: collisions, leaks). */
export type Leg = 'caller' | 'callee';

/** What the trunk asks for the media of one leg. */
export interface LegPolicy {
  /** Return media goes to where media comes from (NAT), by the measured flags; off: to the SDP address. */
  symmetricRtp: boolean;
}

export interface SessionOptions {
  /** Our call id: unique, opaque. */
  callId: string;
  legs: Record<Leg, LegPolicy>;
  /** Allowed codecs in order; empty: as offered. telephone-event and CN always pass. */
  codecs: string[];
}

export interface MediaStatistics {
  packetsFromCaller: number;
  packetsFromCallee: number;
}

/** One call on one media node. All SDP of the call goes through it, in both directions. */
export interface MediaSession {
  /** `host:port` of the node's ng socket; known after the first offer. */
  readonly node: string | undefined;
  /** SDP offer of `from` rewritten for the other leg. Throws a `MediaError`. */
  offer(from: Leg, sdp: string): Promise<string>;
  /** SDP answer of `from` (to the other leg's last offer) rewritten for the offerer. Safe to repeat (183, then 200). */
  answer(from: Leg, sdp: string): Promise<string>;
  /** Ends the media; idempotent; never throws (a dead node is logged). */
  close(): Promise<MediaStatistics>;
}

/** Gives every call a node and watches over the nodes. */
export interface MediaPool {
  open(options: SessionOptions): MediaSession;
  /** Calls that the node ended by itself (media timeout, restart), by our call id. */
  onLost(listener: (callId: string, reason: string) => void): void;
  /** Sessions open now. */
  readonly active: number;
  close(): Promise<void>;
}
