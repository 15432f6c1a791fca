// SPDX-License-Identifier: Apache-2.0
import type { Leg as Side } from '@trunkline/media-relay';
import type { SipDialog, SipHeaders, SipReply, SipRequest, SipResponse, SipStack } from './sip-stack.ts';

/** Longer than any of the engine's own timers: only a lost engine, or one of its known gaps, is slower. */
export const IN_DIALOG_LIMIT_MS = 35_000;

/** Says in the ladder what a leg sent or got. */
export type LegNote = (direction: 'in' | 'out', summary: string) => void;

/** How the far end, or the engine in its name, ended a leg. */
export interface RemoteEnd {
  request: SipRequest;
  /** Reason text where the engine ended it by itself: ACK timeout, cancel race, session timer. */
  byEngine?: string;
}

/** What the far end may ask for within the call, by srf's names: `modify` is a re-INVITE. */
const ASKED = ['modify', 'update', 'info', 'message', 'notify', 'refer'] as const;

/** A request of the far end that waits for its answer. */
export interface Asked {
  event: (typeof ASKED)[number];
  req: SipRequest;
  reply: SipReply;
}

/** One confirmed dialog of a call. Made in the very callback that brings the dialog, so that no request is missed. */
export class Leg {
  readonly side: Side;
  readonly dialog: SipDialog;
  /** The dialog is confirmed from our side: nothing may be sent before (RFC 3261 §15). Gives the ACK, where there was one. */
  readonly ready: Promise<SipRequest | undefined>;
  readonly #stack: SipStack;
  readonly #note: LegNote;
  #markReady: (ack?: SipRequest) => void = () => undefined;
  #ended: RemoteEnd | 'by-us' | undefined;
  /** Both sides hung up at the same moment. */
  #crossed = false;
  #onEnd: ((end: RemoteEnd) => void) | undefined;
  #early: Asked[] = [];
  #onAsked: (asked: Asked) => void = (asked) => {
    this.#early.push(asked);
  };

  constructor(stack: SipStack, dialog: SipDialog, note: LegNote) {
    this.side = dialog.type === 'uas' ? 'caller' : 'callee';
    this.dialog = dialog;
    this.#stack = stack;
    this.#note = note;
    this.ready = new Promise((resolve) => (this.#markReady = resolve));
    if (dialog.type === 'uac') this.#markReady();
    else dialog.once('ack', this.#acked);
    dialog.once('destroy', this.#destroyed);
    // From the first moment on: srf answers 200 by itself to what nobody listens for.
    for (const event of ASKED) {
      dialog.on(event, (req: SipRequest, reply: SipReply) => {
        this.#onAsked({ event, req, reply });
      });
    }
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Called once when the far end hangs up; at once where it already has. */
  onRemoteEnd(listener: (end: RemoteEnd) => void): void {
    this.#onEnd = listener;
    if (this.#ended !== undefined && this.#ended !== 'by-us') listener(this.#ended);
  }

  /** Called with each request of the far end; what came before the other leg was there has waited for this. */
  onAsked(listener: (asked: Asked) => void): void {
    this.#onAsked = listener;
    for (const asked of this.#early.splice(0)) listener(asked);
  }

  /** The far end names the method in its Allow header. */
  allows(method: string): boolean {
    const message = this.dialog.type === 'uas' ? this.dialog.req : this.dialog.res;
    return new RegExp(`\\b${method}\\b`, 'i').test(message.headers['allow'] ?? '');
  }

  /** Final answer to an in-dialog request. Rejects where the dialog is gone or nothing came in time. */
  async request(method: string, headers: SipHeaders, body?: string): Promise<SipResponse> {
    return (await this.#send({ method, headers, ...(body ? { body } : {}) })).response;
  }

  /** Re-INVITE without SDP: the answer holds an offer, and the ACK with our answer is the caller's of this. */
  async requestOffer(
    headers: SipHeaders,
  ): Promise<{ response: SipResponse; ack: ((options: { body: string }) => void) | undefined }> {
    return this.#send({ method: 'INVITE', headers, noAck: true });
  }

  /**
   * Hangs up, once; resolves with the status of the answer (undefined: none came). A caller's leg waits
   * for the ACK first: the engine ends it by itself where that never comes.
   */
  async bye(headers: SipHeaders): Promise<number | undefined> {
    if (this.#ended !== undefined) return undefined;
    this.#ended = 'by-us';
    for (const { reply } of this.#early.splice(0)) reply.send(487, undefined, {});
    await this.ready;
    // Their BYE, or the engine's, was faster: there is nothing left to end.
    if (!this.dialog.connected) return 200;
    try {
      return (await this.#send({ method: 'BYE', headers })).response.status;
    } catch {
      return this.#crossed ? 200 : undefined;
    } finally {
      this.forget();
    }
  }

  /** Drops the dialog without a message: the engine that knew it is gone. */
  forget(): void {
    this.#ended ??= 'by-us';
    this.dialog.connected = false;
    this.#stack.removeDialog(this.dialog);
    this.dialog.removeAllListeners();
    this.#markReady();
  }

  readonly #acked = (ack: SipRequest): void => {
    this.#note('in', 'ACK');
    this.#markReady(ack);
  };

  readonly #destroyed = (request: SipRequest, reason?: string): void => {
    const byEngine = request.source === 'application';
    this.#note('in', byEngine ? `BYE (${reason ?? 'by the engine'})` : 'BYE');
    // srf has answered it before it tells.
    if (!byEngine) this.#note('out', '200 OK');
    this.#waitForEarlierAck();
    if (this.#ended !== undefined) {
      this.#crossed = true;
      return;
    }
    this.#ended = byEngine ? { request, byEngine: reason ?? '' } : { request };
    this.#onEnd?.(this.#ended);
  };

  /** srf tells of an ACK one turn late, and forgets its listeners on a BYE that comes in the same turn. */
  #waitForEarlierAck(): void {
    queueMicrotask(() => this.dialog.once('ack', this.#acked));
    setImmediate(() => {
      this.#markReady();
    });
  }

  #send(
    options: Parameters<SipDialog['request']>[0],
  ): Promise<{ response: SipResponse; ack: ((options: { body: string }) => void) | undefined }> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        reject(new Error(`no final answer to ${options.method} in ${IN_DIALOG_LIMIT_MS / 1000} s`));
      }, IN_DIALOG_LIMIT_MS);
      limit.unref();
      this.#note('out', options.method);
      this.dialog.request(options, (error, response, ack) => {
        // Provisional answers come through the same callback.
        if (response && response.status < 200) return;
        clearTimeout(limit);
        if (error || !response) {
          reject(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        this.#note('in', `${response.status} ${response.reason}`);
        resolve({ response, ack });
      });
    });
  }
}
