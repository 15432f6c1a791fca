// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, type Registry } from 'prom-client';
import type { NodeState } from './select-nodes.ts';

export interface PoolMetrics {
  command(node: string, command: string, result: string): void;
  lost(node: string): void;
}

interface NodeView {
  readonly address: string;
  readonly state: NodeState;
  readonly active: number;
}

/** Registers the pool's metrics; without a registry nothing is counted. */
export function createPoolMetrics(nodes: readonly NodeView[], registry?: Registry): PoolMetrics {
  if (!registry) return { command: () => undefined, lost: () => undefined };
  const registers = [registry];
  const labelNames = ['node'] as const;
  new Gauge({
    name: 'trunkline_media_sessions_active',
    help: 'Calls of this process on each media node',
    labelNames,
    registers,
    collect() {
      for (const { address, active } of nodes) this.set({ node: address }, active);
    },
  });
  new Gauge({
    name: 'trunkline_media_node_up',
    help: '1 where the media node answers pings (up or draining), else 0',
    labelNames,
    registers,
    collect() {
      for (const { address, state } of nodes)
        this.set({ node: address }, state === 'up' || state === 'draining' ? 1 : 0);
    },
  });
  const commands = new Counter({
    name: 'trunkline_media_commands_total',
    help: 'ng commands by node, command and result (ok, loadLimit, error, timeout)',
    labelNames: ['node', 'command', 'result'] as const,
    registers,
  });
  const lost = new Counter({
    name: 'trunkline_media_sessions_lost_total',
    help: 'Calls that their media node ended by itself or forgot',
    labelNames,
    registers,
  });
  return {
    command: (node, command, result) => {
      commands.inc({ node, command, result });
    },
    lost: (node) => {
      lost.inc({ node });
    },
  };
}
