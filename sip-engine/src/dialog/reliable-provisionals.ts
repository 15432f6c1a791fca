// SPDX-License-Identifier: Apache-2.0
import { getHeader, parseCSeq } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/index.ts';
import { headerOf } from './dialog.ts';
import { Refusal, refusals } from './refusals.ts';

/** A response that waits for the PRACK of an earlier one. */
export interface Held {
  send: () => void;
  /** There is nothing to answer any more. */
  drop: () => void;
}

/**
 * The provisional responses of one INVITE that are sent reliably (RFC 3262 §3): one at a time; the next one, and the 2xx, wait for the
 * PRACK.
 */
export class ReliableProvisionals {
  #sequence = 1 + Math.floor(Math.random() * 2 ** 30);
  #stop: (() => void) | undefined;
  #held: Held[] = [];

  /** RSeq of the next one. */
  next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** The one with the last RSeq is on its way; `stop` ends its repetition. */
  sent(stop: () => void): void {
    this.#stop = stop;
  }

  /** True for a response that has to wait. */
  blocks(response: SipResponse): boolean {
    if (this.#stop === undefined && this.#held.length === 0) return false;
    return response.status < 200 ? isReliable(response) : response.status < 300;
  }

  hold(held: Held): void {
    this.#held.push(held);
  }

  /** True where this PRACK is for what we wait for: it is repeated no more. */
  acknowledgedBy(prack: SipRequest, invite: SipRequest): boolean {
    const cseq = parseCSeq(headerOf(invite, 'CSeq'));
    const [sequence, number, method] = headerOf(prack, 'RAck').trim().split(/\s+/);
    const fits =
      Number(sequence) === this.#sequence && Number(number) === cseq.sequence && method === cseq.method;
    if (this.#stop === undefined || !fits) return false;
    this.#stop();
    this.#stop = undefined;
    return true;
  }

  /** Sends what waits, up to the next one that needs a PRACK itself. */
  release(): void {
    const held = this.#held.splice(0);
    while (this.#stop === undefined) {
      const next = held.shift();
      if (next === undefined) return;
      next.send();
    }
    this.#held.unshift(...held);
  }

  /** The INVITE has had its final answer. */
  end(): void {
    this.#stop?.();
    this.#stop = undefined;
    for (const { drop } of this.#held.splice(0)) drop();
  }
}

export function isReliable(response: SipResponse): boolean {
  return response.status > 100 && response.status < 200 && lists(getHeader(response, 'Require'));
}

/** @throws Refusal where the caller does not know reliable responses (RFC 3262 §3) */
export function checkOffered(invite: SipRequest): void {
  if (!['Supported', 'Require'].some((name) => lists(getHeader(invite, name))))
    throw new Refusal(refusals.peerLacks100rel);
}

function lists(value: string | undefined): boolean {
  return value?.toLowerCase().includes('100rel') ?? false;
}
