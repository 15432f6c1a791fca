// SPDX-License-Identifier: Apache-2.0

/** `metav1.Condition`. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  /** CamelCase, stable. */
  reason: string;
  message: string;
  observedGeneration: number;
  /** When `status` changed last, in whole seconds. */
  lastTransitionTime: string;
}

export type WantedCondition = Omit<Condition, 'lastTransitionTime'>;

const LONGEST_MESSAGE = 32_768;

/**
 * The wanted conditions with their times: a condition whose status stays keeps the time at which it changed, whatever its reason
 * and message say now. Of `before`, types that are not wanted are left out.
 */
export function withTransitionTimes(
  wanted: readonly WantedCondition[],
  before: readonly Condition[] | undefined,
  now = new Date(),
): Condition[] {
  const time = now.toISOString().replace(/\.\d+Z$/, 'Z');
  return wanted.map((condition) => {
    const old = before?.find((one) => one.type === condition.type);
    return {
      ...condition,
      message: condition.message.slice(0, LONGEST_MESSAGE),
      lastTransitionTime: old?.status === condition.status ? old.lastTransitionTime : time,
    };
  });
}

/** True where the condition says so of this very generation. */
export function isTrue(
  object: { metadata: { generation?: number }; status?: { conditions?: readonly Condition[] } },
  type: string,
): boolean {
  const condition = object.status?.conditions?.find((one) => one.type === type);
  return condition?.status === 'True' && condition.observedGeneration === object.metadata.generation;
}
