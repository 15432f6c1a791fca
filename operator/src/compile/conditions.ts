// SPDX-License-Identifier: Apache-2.0
import type { DecidedCondition, Issue } from './issue.ts';

/** A Kubernetes condition without `lastTransitionTime`, which whoever writes the status keeps. */
export interface Condition {
  type: 'Accepted' | 'ResolvedRefs' | 'Programmed' | 'Ready' | 'Stalled' | 'Reconciling';
  status: 'True' | 'False' | 'Unknown';
  /** CamelCase, stable. */
  reason: string;
  message: string;
  observedGeneration: number;
}

const MAX_MESSAGE = 1024;

/** What a kind's conditions are made of. */
export interface ConditionSource {
  issues: Issue[];
  generation: number;
  /** It names other resources: it gets `ResolvedRefs`. */
  hasReferences: boolean;
  /** Proxies must apply it before it works: it gets `Programmed`, and `Ready` waits for that. */
  programmed: boolean;
}

/**
 * Conditions of a resource (DESIGN §3). `Stalled` is true where only a change of a manifest helps, as kstatus
 * understands it.
 */
export function conditions(source: ConditionSource): Condition[] {
  const { issues, generation } = source;
  const of = (type: Condition['type'], state: Omit<Condition, 'type' | 'observedGeneration'>): Condition => ({
    type,
    ...state,
    observedGeneration: generation,
  });
  const stalling = issues.filter((issue) => issue.breaks === 'Accepted' || issue.breaks === 'ResolvedRefs');
  return [
    of('Accepted', decided(issues, 'Accepted', 'Accepted')),
    ...(source.hasReferences ? [of('ResolvedRefs', decided(issues, 'ResolvedRefs', 'ResolvedRefs'))] : []),
    ...(source.programmed ? [of('Programmed', PENDING)] : []),
    of('Ready', ready(issues, source.programmed)),
    of('Stalled', stalled(stalling)),
  ];
}

const PENDING = {
  status: 'Unknown',
  reason: 'Pending',
  message: 'No proxy has acknowledged this generation yet.',
} as const;

type State = Omit<Condition, 'type' | 'observedGeneration'>;

function decided(issues: Issue[], type: DecidedCondition, goodReason: string): State {
  const broken = issues.filter((issue) => issue.breaks === type);
  if (broken.length > 0) return failed(broken);
  const remarks = issues.filter((issue) => type === 'Accepted' && issue.breaks === undefined);
  return { status: 'True', reason: goodReason, message: text(remarks) };
}

function ready(issues: Issue[], programmed: boolean): State {
  const broken = issues.filter((issue) => issue.breaks !== undefined);
  if (broken.length > 0) return failed(broken);
  if (programmed) return PENDING;
  return { status: 'True', reason: 'Ready', message: '' };
}

function stalled(broken: Issue[]): State {
  if (broken.length > 0) return { ...failed(broken), status: 'True' };
  return { status: 'False', reason: 'NotStalled', message: '' };
}

function failed(issues: Issue[]): State {
  return { status: 'False', reason: issues[0]?.reason ?? 'Failed', message: text(issues) };
}

function text(issues: Issue[]): string {
  const whole = issues.map((issue) => `${issue.field}: ${issue.message} ${issue.remedy}`).join(' ');
  return whole.length <= MAX_MESSAGE ? whole : `${whole.slice(0, MAX_MESSAGE - 1)}…`;
}
