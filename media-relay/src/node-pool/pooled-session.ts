// SPDX-License-Identifier: Apache-2.0
import { MediaError } from '../media-error.ts';
import { answerBody, deleteBody, offerBody, otherLeg } from '../media-policy/leg-flags.ts';
import { checkSdp } from '../media-policy/sdp-check.ts';
import { readStatistics } from '../media-policy/statistics.ts';
import type { Leg, MediaSession, MediaStatistics, SessionOptions } from '../media-session.ts';
import type { CarriedCall, MediaNode } from './media-node.ts';
import { placeCall, refused, sdpOf } from './place-call.ts';

export interface SessionTools {
  /** Nodes to try for a new call, in order. */
  candidates(): MediaNode[];
  /** The node does not know the call any more. */
  lost(session: PooledSession, reason: string): void;
  /** A delete without a clean reply; the node drops the call by itself when its media stops. */
  closeFailed(session: PooledSession, reason: string): void;
}

const NO_STATISTICS: MediaStatistics = { packetsFromCaller: 0, packetsFromCallee: 0 };

/** A call on the node that took its first offer. Its commands go one after the other, in the order of the calls here. */
export class PooledSession implements MediaSession, CarriedCall {
  since = 0;
  readonly #options: SessionOptions;
  readonly #tools: SessionTools;
  readonly #seen = new Set<Leg>();
  #node: MediaNode | undefined;
  #offerer: Leg | undefined;
  #lostBecause: string | undefined;
  #closing: Promise<MediaStatistics> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SessionOptions, tools: SessionTools) {
    this.#options = options;
    this.#tools = tools;
  }

  get callId(): string {
    return this.#options.callId;
  }

  get node(): string | undefined {
    return this.#node?.address;
  }

  offer(from: Leg, sdp: string): Promise<string> {
    return this.#inTurn(async () => {
      const message = {
        from,
        sdp: checkSdp(sdp, this.#options.codecs),
        peerKnown: this.#seen.has(otherLeg(from)),
      };
      const rewritten = await this.#offer(offerBody(this.#options, message));
      this.#seen.add(from);
      this.#offerer = from;
      return rewritten;
    });
  }

  answer(from: Leg, sdp: string): Promise<string> {
    return this.#inTurn(async () => {
      if (this.#offerer !== otherLeg(from) || !this.#node) {
        throw new MediaError(
          'session-state',
          `the ${from} answers, but the ${otherLeg(from)} has not offered`,
        );
      }
      const rewritten = await this.#command(
        this.#node,
        'answer',
        answerBody(this.#options, { from, sdp: checkSdp(sdp, []) }),
      );
      this.#seen.add(from);
      return rewritten;
    });
  }

  close(): Promise<MediaStatistics> {
    this.#closing ??= this.#turn.then(() => this.#delete());
    return this.#closing;
  }

  lose(reason: string): void {
    if (this.#lostBecause !== undefined || this.#closing) return;
    this.#lostBecause = reason;
    this.#tools.lost(this, reason);
  }

  #inTurn(step: () => Promise<string>): Promise<string> {
    const result = this.#turn.then(() => {
      if (this.#closing) throw new MediaError('session-state', 'the media session is closed');
      if (this.#lostBecause !== undefined) throw new MediaError('media-lost', this.#lostBecause);
      return step();
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #offer(body: Record<string, unknown>): Promise<string> {
    if (this.#node) return this.#command(this.#node, 'offer', body);
    const { node, sdp } = await placeCall(this.#tools.candidates(), body, () => !this.#closing);
    this.#node = node;
    this.since = performance.now();
    node.calls.set(this.callId, this);
    return sdp;
  }

  async #command(
    node: MediaNode,
    command: 'offer' | 'answer',
    body: Record<string, unknown>,
  ): Promise<string> {
    const result = await node.command(command, body);
    if (result.outcome === 'ok') return sdpOf(node, result.reply);
    const error = refused(node, command, result);
    if (error.code === 'media-lost') this.lose('the media node does not know the call any more');
    throw error;
  }

  async #delete(): Promise<MediaStatistics> {
    const node = this.#node;
    if (!node) return NO_STATISTICS;
    node.calls.delete(this.callId);
    if (this.#lostBecause !== undefined) return NO_STATISTICS;
    const deleted = node.delete(this.callId, deleteBody(this.callId, [...this.#seen][0]));
    // Nobody waits for a node that is known to be down; should it live, the command still frees its ports.
    if (node.state === 'down') return NO_STATISTICS;
    const result = await deleted;
    if (result.outcome !== 'ok') {
      this.#tools.closeFailed(this, result.reason);
      return NO_STATISTICS;
    }
    if (typeof result.reply.warning === 'string') this.#tools.closeFailed(this, result.reply.warning);
    return readStatistics(result.reply);
  }
}
