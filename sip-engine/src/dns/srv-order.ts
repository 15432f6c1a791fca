// SPDX-License-Identifier: Apache-2.0
import type { SrvTarget } from './name-server.ts';

/** What weight 0 counts for beside others: a very small chance, as RFC 2782 asks; alone among themselves they are equal. */
const least = 0.01;

/**
 * RFC 2782: ascending priority; within one, each next drawn by weight. Not by the RFC's whole numbers from 0 to the sum, both
 * included, by which weights 1 and 1 come out two to one. `random`: 0 to 1, 1 excluded.
 */
export function orderSrv(targets: SrvTarget[], random: () => number): SrvTarget[] {
  const ordered: SrvTarget[] = [];
  const rest = [...targets].sort((a, b) => a.priority - b.priority);
  while (rest.length > 0) {
    const { priority } = rest[0] as SrvTarget;
    const shares = rest.filter((target) => target.priority === priority).map(shareOf);
    const drawn = random() * shares.reduce((sum, share) => sum + share, 0);
    let running = 0;
    const picked = shares.findIndex((share) => (running += share) > drawn);
    // Rounding may put the draw on the very end.
    ordered.push(...rest.splice(picked === -1 ? shares.length - 1 : picked, 1));
  }
  return ordered;
}

const shareOf = ({ weight }: SrvTarget): number => Math.max(weight, least);
