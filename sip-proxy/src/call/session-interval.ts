// SPDX-License-Identifier: Apache-2.0
import { listsOption } from './headers.ts';
import type { SipHeaders } from './sip-stack.ts';

/*
 * Session timers, the decisions (RFC 4028). Each leg has its own: we are one end of it, never a proxy between two. A peer without
 * the extension is refreshed by us all the same, so that a call whose peer has vanished ends.
 */

/** All in seconds. */
export interface SessionSettings {
  /** What we ask for, and the longest that we agree to unless the peer's Min-SE is longer. */
  interval: number;
  /** The shortest that we agree to (RFC 4028 §5: 90). */
  min: number;
}

/** What was agreed for one leg; in seconds. */
export interface Session {
  interval: number;
  refresher: 'us' | 'peer';
}

export type SessionAnswer =
  /** 422: the interval is under our minimum, in seconds. */
  { tooSmall: number } | { session: Session; /** Of our 2xx. */ headers: SipHeaders };

/** No call lasts longer, so no session needs to. */
const LONGEST = 86_400;

/** Answers the session headers of an INVITE, a re-INVITE or an UPDATE of the peer (RFC 4028 §9). */
export const answerSession = (request: SipHeaders, settings: SessionSettings): SessionAnswer => {
  const asked = expiresOf(request);
  const knowsTimers = listsOption(request, 'supported', 'timer') || listsOption(request, 'require', 'timer');
  // Who does not know the extension could do nothing with a 422: a proxy on the way has put the interval in.
  if (knowsTimers && asked !== undefined && asked.interval < settings.min) return { tooSmall: settings.min };
  const interval = intervalFor(request, asked?.interval, settings);
  if (!knowsTimers) return { session: { interval, refresher: 'us' }, headers: {} };
  const refresher = asked === undefined ? 'uas' : (asked.refresher ?? 'uac');
  return {
    session: { interval, refresher: refresher === 'uas' ? 'us' : 'peer' },
    headers: { Require: 'timer', 'Session-Expires': `${interval};refresher=${refresher}` },
  };
};

/** Never longer than ours, unless the peer's Min-SE is. */
const intervalFor = (request: SipHeaders, asked: number | undefined, settings: SessionSettings): number =>
  Math.max(Math.min(asked ?? settings.interval, settings.interval), settings.min, minimumOf(request));

/** Session headers of an INVITE of ours (RFC 4028 §7.1); `interval` where a 422 has asked for a longer one. */
export const askSession = (settings: SessionSettings, interval = settings.interval): SipHeaders => ({
  Supported: 'timer',
  'Session-Expires': String(interval),
  'Min-SE': String(interval > settings.interval ? interval : settings.min),
});

/** Session headers of a request within the dialog: the parts stay as they are (RFC 4028 §7.4). */
export const keepSession = (session: Session, settings: SessionSettings): SipHeaders => ({
  ...askSession(settings, session.interval),
  'Session-Expires': `${session.interval};refresher=${session.refresher === 'us' ? 'uac' : 'uas'}`,
});

/** What the 2xx to a request of ours agrees to (RFC 4028 §7.2). Without a word about it the peer leaves everything to us. */
export const agreedSession = (response: SipHeaders, asked: number, settings: SessionSettings): Session => {
  const given = expiresOf(response);
  if (given === undefined) return { interval: asked, refresher: 'us' };
  // We have asked for no less than the minimum; a peer that goes under it must not have us flood it.
  const interval = Math.max(given.interval, settings.min);
  return { interval, refresher: given.refresher === 'uas' ? 'peer' : 'us' };
};

/** The interval that a 422 asks for, where it is longer than ours was; undefined: asking again is of no use. */
export const longerInterval = (response: SipHeaders, asked: number): number | undefined => {
  const minimum = minimumOf(response);
  return minimum > asked && minimum <= LONGEST ? minimum : undefined;
};

/**
 * When we refresh, in milliseconds from the agreement: before half of the interval (RFC 4028 §7.4), which is where drachtio-server would
 * do it by itself and does not when it sees ours.
 */
export const refreshAfterMs = ({ interval }: Session): number => interval * 400;

/** When a peer that has to refresh and does not is taken for gone (RFC 4028 §10), in milliseconds from the agreement. */
export const expiresAfterMs = ({ interval }: Session): number =>
  (interval - Math.min(32, interval / 3)) * 1000;

/** `1800;refresher=uas`; compact `x`, which drachtio-server leaves as it is. Undefined where it is missing or no number. */
const expiresOf = (
  headers: SipHeaders,
): { interval: number; refresher: 'uac' | 'uas' | undefined } | undefined => {
  const value = headers['session-expires'] ?? headers['x'] ?? '';
  const seconds = secondsOf(value);
  if (seconds === undefined) return undefined;
  const refresher = /;\s*refresher\s*=\s*(ua[cs])\b/i.exec(value)?.[1]?.toLowerCase();
  return {
    interval: Math.min(seconds, LONGEST),
    refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined,
  };
};

const minimumOf = (headers: SipHeaders): number => Math.min(secondsOf(headers['min-se'] ?? '') ?? 0, LONGEST);

const secondsOf = (value: string): number | undefined => {
  const digits = /^\s*(\d{1,10})\s*(?:;|$)/.exec(value)?.[1];
  return digits === undefined ? undefined : Number(digits);
};
