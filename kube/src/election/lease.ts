// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../api/objects.ts';

/** `coordination.k8s.io/v1`. Times are strings with microseconds, whatever client-node's types say. */
export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

/** `metav1.MicroTime`. */
export const microTime = (date = new Date()): string => date.toISOString().replace('Z', '000Z');

/** The lease with us as its holder. */
export function heldBy(identity: string, lease: Lease, leaseMs: number): Lease {
  const now = microTime();
  const mine = lease.spec?.holderIdentity === identity;
  return {
    ...lease,
    spec: {
      ...lease.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(leaseMs / 1_000)),
      acquireTime: (mine ? lease.spec?.acquireTime : undefined) ?? now,
      renewTime: now,
      leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + (mine || !lease.spec ? 0 : 1),
    },
  };
}

/** The lease given back: the next candidate need not wait. */
export function released(lease: Lease): Lease {
  const now = microTime();
  return {
    ...lease,
    spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now },
  };
}
