// SPDX-License-Identifier: Apache-2.0

/**
 * - `up`: answered its last ping;
 * - `suspect`: not asked yet, or silent since a short time: takes calls only when no node is up;
 * - `down`: three pings missed: takes no calls;
 * - `draining`: its calls go on, it gets no new ones.
 */
export type NodeState = 'up' | 'suspect' | 'down' | 'draining';

export interface Candidate {
  readonly state: NodeState;
  /** Calls on it now. */
  readonly active: number;
}

/** A call is offered to this many nodes at most. */
export const MAX_TRIES = 3;

/** The nodes to try for a new call, in order: fewest calls first, equal ones by lot; suspects after those that are up. */
export function selectNodes<N extends Candidate>(
  nodes: readonly N[],
  random: () => number = Math.random,
): N[] {
  return nodes
    .filter(({ state }) => state === 'up' || state === 'suspect')
    .map((node) => ({ node, lot: random() }))
    .sort((a, b) => rank(a.node) - rank(b.node) || a.node.active - b.node.active || a.lot - b.lot)
    .slice(0, MAX_TRIES)
    .map(({ node }) => node);
}

function rank({ state }: Candidate): number {
  return state === 'up' ? 0 : 1;
}
