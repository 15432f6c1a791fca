// SPDX-License-Identifier: Apache-2.0
import type { SrvTarget } from './name-server.ts';

/** RFC 2782: ascending priority; within one, each next drawn by weight. `random`: 0 to 1, 1 excluded. */
export function orderSrv(targets: SrvTarget[], random: () => number): SrvTarget[] {
  const ordered: SrvTarget[] = [];
  // Weight 0 first, as the RFC asks, so that these keep a very small chance.
  const rest = [...targets].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  while (rest.length > 0) {
    const { priority } = rest[0] as SrvTarget;
    const group = rest.filter((target) => target.priority === priority);
    const total = group.reduce((sum, { weight }) => sum + weight, 0);
    const drawn = Math.floor(random() * (total + 1));
    let running = 0;
    const picked = group.findIndex(({ weight }) => (running += weight) >= drawn);
    ordered.push(...rest.splice(picked, 1));
  }
  return ordered;
}
