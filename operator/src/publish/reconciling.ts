// SPDX-License-Identifier: Apache-2.0
import type { Condition } from '../compile/conditions.ts';

/** Reasons for which a resource is not Ready although nobody has to change it: proxies have yet to come, or to apply it. */
const UNDER_WAY = new Set(['Pending', 'NotPublished', 'NoProxy', 'EdgeUnreachable']);

/**
 * The conditions with `Reconciling`, as kstatus knows it: there, and true, while the resource is on its way to be Ready by itself,
 * and not there otherwise. Never beside a true `Stalled`.
 */
export function withReconciling(conditions: readonly Condition[]): Condition[] {
  const of = (type: Condition['type']) => conditions.find((condition) => condition.type === type);
  const ready = of('Ready');
  const isUnderWay = ready !== undefined && ready.status !== 'True' && UNDER_WAY.has(ready.reason);
  if (!isUnderWay || of('Stalled')?.status === 'True') return [...conditions];
  return [...conditions, { ...ready, type: 'Reconciling', status: 'True' }];
}
