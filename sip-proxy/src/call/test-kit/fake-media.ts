// SPDX-License-Identifier: Apache-2.0
import type { Leg, MediaPool, MediaSession, SessionOptions } from '@trunkline/media-relay';

/** A media pool without media: it signs each SDP with the step that it went through. */
export interface FakeMedia extends MediaPool {
  /** `offer caller`, `answer callee`, `close`, in order. */
  readonly steps: string[];
  readonly opened: SessionOptions[];
  /** Runs before each step; may throw or wait. */
  before: (step: string) => void | Promise<void>;
  /** Told each description before it is rewritten. */
  beforeSdp: (step: string, sdp: string) => unknown;
  lose(callId: string, reason: string): void;
}

export const createFakeMedia = (): FakeMedia => {
  let active = 0;
  const listeners: ((callId: string, reason: string) => void)[] = [];
  const media: FakeMedia = {
    steps: [],
    opened: [],
    before: () => undefined,
    beforeSdp: () => undefined,
    get active() {
      return active;
    },
    open: (options) => {
      media.opened.push(options);
      active += 1;
      let open = true;
      const step = async (what: 'offer' | 'answer', from: Leg, sdp: string) => {
        media.steps.push(`${what} ${from}`);
        media.beforeSdp(`${what} ${from}`, sdp);
        await media.before(`${what} ${from}`);
        if (!open) throw new Error('the media session is closed');
        return `${sdp}a=x-relayed:${what}-${from}\r\n`;
      };
      const session: MediaSession = {
        node: '127.0.0.1:2223',
        offer: (from, sdp) => step('offer', from, sdp),
        answer: (from, sdp) => step('answer', from, sdp),
        close: () => {
          if (open) {
            open = false;
            active -= 1;
            media.steps.push('close');
          }
          return Promise.resolve({ packetsFromCaller: 11, packetsFromCallee: 7 });
        },
      };
      return session;
    },
    onLost: (listener) => {
      listeners.push(listener);
    },
    lose: (callId, reason) => {
      for (const listener of listeners) listener(callId, reason);
    },
    close: () => Promise.resolve(),
  };
  return media;
};
