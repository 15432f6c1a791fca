// SPDX-License-Identifier: Apache-2.0

/**
 * The order in which to try: ascending priority, and within one priority drawn by weight without putting back. The
 * first of 60/20/20 is each one's share of all calls; when it fails, the rest share by their weights.
 * `random` is uniform in [0, 1).
 */
export function orderByPriorityAndWeight<T extends { priority: number; weight: number }>(
  items: readonly T[],
  random: () => number,
): T[] {
  if (items.length < 2) return [...items];
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(item.priority);
    if (group === undefined) groups.set(item.priority, [item]);
    else group.push(item);
  }
  const priorities = [...groups.keys()].sort((a, b) => a - b);
  return priorities.flatMap((priority) => drawAll(groups.get(priority) ?? [], random));
}

function drawAll<T extends { weight: number }>(items: T[], random: () => number): T[] {
  const left = [...items];
  const drawn: T[] = [];
  let total = left.reduce((sum, item) => sum + item.weight, 0);
  while (left.length > 1) {
    const [item] = left.splice(indexAt(left, random() * total), 1);
    if (item === undefined) break;
    total -= item.weight;
    drawn.push(item);
  }
  return [...drawn, ...left];
}

function indexAt(items: readonly { weight: number }[], point: number): number {
  let edge = 0;
  for (const [index, item] of items.entries()) {
    edge += item.weight;
    if (point < edge) return index;
  }
  return items.length - 1;
}
