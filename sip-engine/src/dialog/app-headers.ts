// SPDX-License-Identifier: Apache-2.0
import { getHeader } from '../message/index.ts';
import type { Header, SipMessage } from '../message/index.ts';
import { Refusal, refusals } from './refusals.ts';

/** What the engine alone writes; an app's own lines are dropped without a word, as drachtio-server does. */
const OURS = new Set(['via', 'route', 'record-route', 'rseq', 'content-length']);

/** Written by the composer of each kind of message, with the app's value as one of its sources. */
const COMPOSED = new Set(['from', 'to', 'call-id', 'cseq', 'contact', 'max-forwards', 'content-type']);

/** The app's further headers, in its order. */
export function appHeaders(message: SipMessage): Header[] {
  return message.headers.filter(({ name }) => {
    const lower = name.toLowerCase();
    return !OURS.has(lower) && !COMPOSED.has(lower);
  });
}

/**
 * Content-Type and Content-Length. A body that begins `v=0` is SDP also without being called so.
 * @throws Refusal when the type of a body is neither given nor to be guessed
 */
export function bodyHeaders(message: SipMessage): Header[] {
  const length = { name: 'Content-Length', value: `${message.body.length}` };
  const given = getHeader(message, 'Content-Type');
  if (given !== undefined) return [{ name: 'Content-Type', value: given }, length];
  if (message.body.length === 0) return [length];
  if (message.body.subarray(0, 3).toString('latin1') !== 'v=0') throw new Refusal(refusals.noContentType);
  return [{ name: 'Content-Type', value: 'application/sdp' }, length];
}

/** Puts the app's further headers and the body behind what is there. */
export function appendAppParts(message: SipMessage, app: SipMessage): void {
  message.headers.push(...appHeaders(app), ...bodyHeaders(app));
  message.body = app.body;
}
