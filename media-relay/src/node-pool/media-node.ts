// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import type { NgAddress, NgClient, NgCommand, NgResult } from '../ng/ng-client.ts';
import { LateDeletes } from './late-deletes.ts';
import type { PoolMetrics } from './pool-metrics.ts';
import type { NodeState } from './select-nodes.ts';

/** What the node needs to know of a call that it carries. */
export interface CarriedCall {
  readonly callId: string;
  /** `performance.now()` at which the node confirmed the call. */
  readonly since: number;
  /** The node does not know the call any more. */
  lose(reason: string): void;
  close(): Promise<unknown>;
}

export interface NodeTools {
  ng: NgClient;
  log: Logger;
  metrics(): PoolMetrics;
}

/** Pings missed in a row that make a node `down`. */
const MISSES_DOWN = 3;
const PING_DEADLINE_MS = 1500;

/** One rtpengine (or embedded relay): its health and the calls of this process on it. */
export class MediaNode {
  /** `host:port`. */
  readonly address: string;
  readonly calls = new Map<string, CarriedCall>();
  /** `performance.now()` since when the node has been `down`. */
  downSince: number | undefined;
  draining = false;
  readonly #to: NgAddress;
  readonly #tools: NodeTools;
  #health: Exclude<NodeState, 'draining'> = 'suspect';
  #misses = 0;
  #pinging: Promise<void> | undefined;
  readonly #lateDeletes = new LateDeletes();

  constructor(to: NgAddress, tools: NodeTools) {
    this.#to = to;
    this.address = `${to.host}:${to.port}`;
    this.#tools = tools;
  }

  get state(): NodeState {
    return this.draining && this.#health === 'up' ? 'draining' : this.#health;
  }

  get active(): number {
    return this.calls.size;
  }

  /** Never rejects. A timeout makes the node suspect and pings it at once. */
  async command(command: NgCommand, body?: Record<string, unknown>, deadlineMs?: number): Promise<NgResult> {
    const result = await this.#tools.ng.command(this.#to, command, body, deadlineMs);
    this.#tools.metrics().command(this.address, command, result.outcome);
    if (result.outcome === 'timeout' && command !== 'ping') {
      if (this.#health === 'up') this.#become('suspect', `no reply to ${command}: ${result.reason}`);
      void this.ping();
    }
    return result;
  }

  /** Never rejects. A delete without a reply is sent again when the node answers pings. */
  async delete(callId: string, body: Record<string, unknown>): Promise<NgResult> {
    const result = await this.command('delete', body);
    if (result.outcome === 'timeout') this.#lateDeletes.add(callId, body);
    return result;
  }

  /** Asks whether the node is alive; a ping already under way serves both. */
  ping(): Promise<void> {
    this.#pinging ??= this.#ping().finally(() => {
      this.#pinging = undefined;
    });
    return this.#pinging;
  }

  async #ping(): Promise<void> {
    const result = await this.command('ping', {}, PING_DEADLINE_MS);
    if (result.outcome !== 'timeout') {
      this.#misses = 0;
      this.#become('up', 'answers pings');
      void this.#lateDeletes.flush((body) => this.command('delete', body));
      return;
    }
    this.#misses++;
    this.#become(
      this.#misses >= MISSES_DOWN ? 'down' : 'suspect',
      `${this.#misses} pings missed: ${result.reason}`,
    );
  }

  #become(health: Exclude<NodeState, 'draining'>, why: string): void {
    if (health === this.#health || (health === 'suspect' && this.#health === 'down')) return;
    const level = health === 'up' ? 'info' : 'warn';
    this.#tools.log[level]({ node: this.address, state: health, was: this.#health, why }, 'media node state');
    this.#health = health;
    this.downSince = health === 'down' ? performance.now() : undefined;
  }
}
