// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { MediaPool } from '../media-session.ts';
import { createNgClient } from '../ng/ng-client.ts';
import { MediaNode } from './media-node.ts';
import { parseNodeAddress } from './node-address.ts';
import { createPoolMetrics } from './pool-metrics.ts';
import { PooledSession, type SessionTools } from './pooled-session.ts';
import { reconcile } from './reconcile.ts';
import { selectNodes, type NodeState } from './select-nodes.ts';

export interface MediaPoolOptions {
  /** ng addresses, `host:port` or `ng://host:port`; at least one. */
  nodes: readonly string[];
  log: Logger;
  /** Where the pool's metrics are registered. */
  registry?: Registry;
  /** Between pings of a node; 2000. */
  pingIntervalMs?: number;
  /** Between looks for calls that a node has forgotten; 10000. */
  reconcileIntervalMs?: number;
  /** A node down for this long has lost its calls; 30000. */
  downGraceMs?: number;
}

export interface NodeStatus {
  address: string;
  state: NodeState;
  active: number;
}

/** A `MediaPool` that also shows its nodes. */
export interface NodePool extends MediaPool {
  nodes(): NodeStatus[];
  /** New calls avoid the node from now on (or no longer); its running calls go on. */
  drain(address: string, draining?: boolean): void;
  /** Resolves once each node has been asked for the first time. */
  readonly ready: Promise<void>;
}

/** @throws Error where a node's address cannot be read, or there is none */
export function createMediaPool(options: MediaPoolOptions): NodePool {
  if (options.nodes.length === 0)
    throw new Error('no media node is configured: give at least one ng://HOST:PORT');
  const { log } = options;
  // Read before anything is opened; one node may be written in both forms.
  const addresses = new Map(options.nodes.map(parseNodeAddress).map((to) => [`${to.host}:${to.port}`, to]));
  const ng = createNgClient((error) => {
    log.warn({ err: error }, 'ng socket');
  });
  const tools = { ng, log, metrics: () => metrics };
  const nodes = [...addresses.values()].map((to) => new MediaNode(to, tools));
  const metrics = createPoolMetrics(nodes, options.registry);
  const listeners: ((callId: string, reason: string) => void)[] = [];
  const sessionTools: SessionTools = {
    candidates: () => selectNodes(nodes),
    lost(session, reason) {
      metrics.lost(session.node ?? '');
      log.warn({ callId: session.callId, node: session.node, reason }, 'media lost');
      for (const listener of listeners) listener(session.callId, reason);
    },
    closeFailed(session, reason) {
      log.warn({ callId: session.callId, node: session.node, reason }, 'media was not ended cleanly');
    },
  };
  const timers = [
    every(options.pingIntervalMs ?? 2000, () => nodes.map((node) => node.ping())),
    every(options.reconcileIntervalMs ?? 10_000, () =>
      nodes.map((node) => reconcile(node, options.downGraceMs ?? 30_000)),
    ),
  ];
  const ready = Promise.all(nodes.map((node) => node.ping())).then(() => undefined);

  return {
    ready,
    open: (session) => new PooledSession(session, sessionTools),
    onLost: (listener) => {
      listeners.push(listener);
    },
    get active() {
      return nodes.reduce((sum, { active }) => sum + active, 0);
    },
    nodes: () => nodes.map(({ address, state, active }) => ({ address, state, active })),
    drain(address, draining = true) {
      const node = nodes.find((candidate) => candidate.address === address);
      if (!node)
        throw new Error(
          `no media node has the address ${address}; there are ${nodes.map((each) => each.address).join(', ')}`,
        );
      node.draining = draining;
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(nodes.flatMap((node) => [...node.calls.values()]).map((call) => call.close()));
      ng.close();
    },
  };
}

/** Runs `round` at the interval, but never two rounds at a time. */
function every(intervalMs: number, round: () => Promise<unknown>[]): NodeJS.Timeout {
  let running = false;
  return setInterval(() => {
    if (running) return;
    running = true;
    void Promise.allSettled(round()).then(() => {
      running = false;
    });
  }, intervalMs);
}
