// SPDX-License-Identifier: Apache-2.0
import type { CallRecord } from '@trunkline/sip-proxy/records';
import { printable, shorten } from './ladder-text.ts';

/** One participant of the call and where its lifeline runs. */
export interface LadderColumn {
  name: string;
  /** Address or target under the name. */
  detail: string;
  /** Offset of the lifeline in characters. */
  at: number;
}

/** Room for `+86400.000` and a gap; the first lifeline stands where its heading still fits. */
const FIRST_LIFELINE = 14;
const NARROWEST_GAP = 18;
const WIDEST_GAP = 46;

/** caller, trunkline, callees that took part, spread over the width; a call with many callees may exceed it. */
export const ladderColumns = (record: CallRecord, width: number): LadderColumn[] => {
  const callees = [...new Set(record.ladder.map(({ peer }) => peer))]
    .filter((peer) => peer !== 'caller')
    .sort(byNumber);
  const names = ['caller', 'trunkline', ...callees];
  const room = Math.floor((width - FIRST_LIFELINE - NARROWEST_GAP / 2) / (names.length - 1));
  const gap = Math.min(WIDEST_GAP, Math.max(NARROWEST_GAP, room));
  return names.map((name, index) => ({
    name,
    detail: shorten(printable(detailOf(record, name)), gap - 2),
    at: FIRST_LIFELINE + index * gap,
  }));
};

const numberOf = (peer: string): number => Number(/\d+$/.exec(peer)?.[0] ?? 0);
const byNumber = (a: string, b: string): number => numberOf(a) - numberOf(b);

const detailOf = (record: CallRecord, name: string): string => {
  if (name === 'trunkline') return record.edge;
  if (name !== 'caller') return hostOf(record.attempts[numberOf(name) - 1]?.uri ?? '');
  const { address, port, transport } = record.source;
  return `${address.includes(':') ? `[${address}]` : address}:${port}/${transport}`;
};

/** Host and port of a SIP URI; all of it where it is none. */
const hostOf = (uri: string): string => /^sips?:(?:[^@]*@)?([^;?]+)/i.exec(uri)?.[1] ?? uri;
