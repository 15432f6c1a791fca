// SPDX-License-Identifier: Apache-2.0
import { setTimeout as wait } from 'node:timers/promises';
import { createRtpPeer } from '@trunkline/media-relay/testing';
import { SipPeer, within, type IncomingCall, type Place } from '../sip/index.ts';

/** What was heard at one end. */
export interface Heard {
  packets: number;
  frequencyHz: number;
}

/** A simulated PBX or carrier: rings, answers, sends a tone, and listens. */
export interface Telephones {
  readonly peer: SipPeer;
  readonly toneHz: number;
  /** Calls, sends the tone and listens until `packets` have come, or some seconds; hangs up. */
  call(options: CallOptions): Promise<PlacedCall>;
  /** What will have been heard in the next call that comes in, when it has ended. */
  nextServed(): Promise<Heard>;
  /** Told of each call that comes in and each that ends. */
  onNews: ((text: string) => void) | undefined;
  close(): Promise<void>;
}

export interface CallOptions {
  proxy: Place;
  to: string;
  from: string;
  auth?: { username: string; password: string };
}

export interface PlacedCall extends Heard {
  callId: string;
  /** Milliseconds from the INVITE to the answer. */
  answeredMs: number;
}

/** One second of audio. */
const PACKETS = 50;
const LISTEN_MS = 5_000;
const RING_MS = 200;

export const openTelephones = async (options: {
  name: string;
  address: string;
  port: number;
  toneHz: number;
}): Promise<Telephones> => {
  const { name, address, port, toneHz } = options;
  const peer = await SipPeer.open({ address, port, name });
  let served = Promise.withResolvers<Heard>();

  const serve = async (call: IncomingCall) => {
    const number = /^sip:([^@;]+)/.exec(call.invite.uri)?.[1] ?? call.invite.uri;
    telephones.onNews?.(`${name}: call to ${number}, answered with a tone of ${toneHz} Hz`);
    const rtp = await createRtpPeer({ address, frequencyHz: toneHz });
    try {
      call.ring();
      await Promise.race([wait(RING_MS), call.cancelled(RING_MS).catch(() => undefined)]);
      if (call.requestsOf('CANCEL').length > 0) return;
      const answered = call.answer(rtp.sdp());
      rtp.start(call.remoteSdp);
      await answered;
      await call.over;
      served.resolve({ packets: rtp.received, frequencyHz: rtp.tone().frequencyHz });
      telephones.onNews?.(`${name}: call to ${number} has ended, ${rtp.received} packets heard`);
    } finally {
      await rtp.close();
    }
  };
  // A caller that goes away in the middle is its own business.
  peer.onInvite = (call) =>
    serve(call).catch((error: unknown) => telephones.onNews?.(`${name}: ${String(error)}`));

  const telephones: Telephones = {
    peer,
    toneHz,
    onNews: undefined,
    nextServed: () => {
      served = Promise.withResolvers<Heard>();
      return within(served.promise, `the end of the call at the ${name}`);
    },
    call: async (placed) => {
      const rtp = await createRtpPeer({ address, frequencyHz: toneHz });
      try {
        const startedAt = performance.now();
        const call = peer.invite({ ...placed, sdp: rtp.sdp() });
        await call.answered();
        const answeredMs = Math.round(performance.now() - startedAt);
        rtp.start(call.remoteSdp);
        await rtp.hears(PACKETS, LISTEN_MS).catch(() => undefined);
        const result = { packets: rtp.received, frequencyHz: rtp.tone().frequencyHz };
        await call.bye();
        return { ...result, callId: call.callId, answeredMs };
      } finally {
        await rtp.close();
      }
    },
    close: () => peer.close(),
  };
  return telephones;
};
