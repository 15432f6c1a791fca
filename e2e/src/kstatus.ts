// SPDX-License-Identifier: Apache-2.0

export type Kstatus = 'Current' | 'InProgress' | 'Failed' | 'Terminating';

interface StatusBearer {
  metadata: object;
  status?: { observedGeneration?: number; conditions?: { type: string; status: string }[] };
}

/**
 * What kstatus (sigs.k8s.io/cli-utils, and so Flux, kpt and others) makes of a custom resource, by its published rules: a deletion
 * first, then a generation that has not been observed, then `Reconciling` or `Stalled`, whichever comes first in the list, then
 * `Ready`; an object of which nothing is known counts as finished.
 */
export const kstatusOf = ({ metadata, status }: StatusBearer): Kstatus => {
  const { generation, deletionTimestamp } = metadata as { generation?: number; deletionTimestamp?: string };
  if (deletionTimestamp !== undefined) return 'Terminating';
  const observed = status?.observedGeneration;
  if (observed !== undefined && observed !== generation) return 'InProgress';
  return byConditions(status?.conditions ?? []);
};

const byConditions = (conditions: { type: string; status: string }[]): Kstatus => {
  const standard = conditions.find(
    ({ type, status }) => status === 'True' && (type === 'Reconciling' || type === 'Stalled'),
  );
  if (standard) return standard.type === 'Stalled' ? 'Failed' : 'InProgress';
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready === undefined || ready.status === 'True' ? 'Current' : 'InProgress';
};
