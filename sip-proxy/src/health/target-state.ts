// SPDX-License-Identifier: Apache-2.0

/** What one OPTIONS or one INVITE has shown of a target. Times in milliseconds since the epoch. */
export type Evidence =
  | { source: 'probe' | 'call'; result: 'answer' }
  | { source: 'probe' | 'call'; result: 'failure'; error: string };

/** What is known of one target. */
export interface TargetState {
  healthy: boolean;
  /** When `healthy` last changed, or when the target was first heard of. */
  since: number;
  /** Why the last try failed; kept while the target is up, so that a person sees what happened. */
  lastError?: string;
  /** Failures in a row while up, answered probes in a row while down. */
  streak: number;
}

/** One lost message is no outage: so many failures in a row are. */
export const FAILURES_TO_DOWN = 3;
/** A target that comes and goes shall not get every second call; one answered call says more than one answered probe. */
export const PROBES_TO_UP = 2;

/** The next state of a target. Pure. A target starts up: only failures speak against it. */
export const afterEvidence = (
  state: TargetState | undefined,
  evidence: Evidence,
  now: number,
): TargetState => {
  const before = state ?? { healthy: true, since: now, streak: 0 };
  return evidence.result === 'failure'
    ? afterFailure(before, evidence.error, now)
    : afterAnswer(before, evidence.source, now);
};

const afterFailure = (before: TargetState, lastError: string, now: number): TargetState => {
  if (!before.healthy) return { ...before, lastError, streak: 0 };
  const streak = before.streak + 1;
  if (streak < FAILURES_TO_DOWN) return { ...before, lastError, streak };
  return { healthy: false, since: now, lastError, streak: 0 };
};

const afterAnswer = (before: TargetState, source: Evidence['source'], now: number): TargetState => {
  if (before.healthy) return { ...before, streak: 0 };
  const streak = before.streak + 1;
  if (source === 'probe' && streak < PROBES_TO_UP) return { ...before, streak };
  return { ...before, healthy: true, since: now, streak: 0 };
};
