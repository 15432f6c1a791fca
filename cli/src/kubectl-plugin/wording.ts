// SPDX-License-Identifier: Apache-2.0
import type { Condition } from '@trunkline/crds';
import type { Style } from '../style.ts';

/** A resource as far as its conditions go. */
export interface Judged {
  metadata: { generation?: number };
  status?: { conditions?: Condition[] } | undefined;
}

/** The condition, where it speaks of the resource as it is now. */
export function conditionOf({ metadata, status }: Judged, type: string): Condition | undefined {
  const found = status?.conditions?.find((condition) => condition.type === type);
  return found?.observedGeneration === metadata.generation ? found : undefined;
}

/** `yes`, or why not. */
export function conditionWord(judged: Judged, type: string, style: Style): string {
  const found = conditionOf(judged, type);
  if (found?.status === 'True') return style.green('yes');
  return found?.status === 'False' ? style.red(found.reason) : style.yellow(found?.reason ?? 'NotSeen');
}

const STEPS: [limit: number, seconds: number, unit: string][] = [
  [120, 1, 's'],
  [7_200, 60, 'm'],
  [172_800, 3_600, 'h'],
  [Infinity, 86_400, 'd'],
];

/** `3s ago`, as kubectl counts. */
export function ago(milliseconds: number, now: number): string {
  if (milliseconds === 0) return 'never';
  const seconds = Math.max(0, Math.round((now - milliseconds) / 1_000));
  const [, size, unit] = STEPS.find(([limit]) => seconds < limit) ?? [0, 1, 's'];
  return `${Math.floor(seconds / size)}${unit} ago`;
}
