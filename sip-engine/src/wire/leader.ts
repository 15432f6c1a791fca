// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Delivery, Whereabouts } from '../dialog/app-link.ts';

/*
 * The token line of frames to the app. Empty tokens count, so nothing here may collapse them; no token may hold `|`, CR or LF.
 */

/** `HH:MM:SS.micro`, UTC. */
export function frameTime(at: Date): string {
  return at.toISOString().slice(11, 23) + '000';
}

/** The six tokens that describe a message: source, bytes, protocol, address, port, time. */
function description(source: string, size: number, where: Whereabouts, at: Date): string {
  return `${source}|${size}|${where.protocol}|${where.address}|${where.port}|${frameTime(at)}`;
}

/** `sip` to the app: 13 tokens for a new request, 11 for everything else; the last one is empty. */
export function deliveryLeader(delivery: Delivery, size: number): string {
  const { source, where, at, transactionId, dialogId, receivedOn } = delivery;
  const common = `${randomUUID()}|sip|${description(source, size, where, at)}|${transactionId}|${token(dialogId)}`;
  return receivedOn ? `${common}|${receivedOn.address}|${receivedOn.port}|` : `${common}|`;
}

/** Reply to a sent request: the transaction is token 10, and there is no dialog. */
export function requestSentLeader(
  id: string,
  where: Whereabouts,
  transactionId: string,
  size: number,
): string {
  return `${randomUUID()}|response|${id}|OK|${description('application', size, where, new Date())}|${transactionId}|Msg sent:|`;
}

/** Reply to a sent response: transaction token 10, dialog token 11, then an empty one. */
export function responseSentLeader(
  id: string,
  where: Whereabouts,
  ids: { transactionId: string; dialogId: string },
  size: number,
): string {
  const about = description('application', size, where, new Date());
  return `${randomUUID()}|response|${id}|OK|${about}|${ids.transactionId}|${token(ids.dialogId)}||Msg sent:|`;
}

/** Reply without a message: `OK`, `NO` (the frame itself is wrong) or `NOK`, then texts. */
export function replyLeader(id: string, word: 'OK' | 'NO' | 'NOK', ...texts: string[]): string {
  return [randomUUID(), 'response', id, word, ...texts.map(token)].join('|');
}

/** A Call-ID may legally not hold `|`, yet peers send what they like: it must not shift the tokens. */
function token(text: string): string {
  return /[|\r\n]/.test(text) ? text.replace(/[|\r\n]/g, '_') : text;
}
