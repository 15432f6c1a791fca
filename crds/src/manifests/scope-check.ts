// SPDX-License-Identifier: Apache-2.0
import type { Finding } from './finding.ts';
import { isRecord } from './scalar-check.ts';

/** A namespaced kind needs a namespace, because the namespace is the account; a cluster-scoped kind must not have one. */
export function scopeFindings(
  manifest: Record<string, unknown>,
  kind: string,
  scope: 'Namespaced' | 'Cluster',
): Finding[] {
  const metadata = isRecord(manifest.metadata) ? manifest.metadata : undefined;
  if (metadata === undefined) return [];
  const path = ['metadata', 'namespace'];
  const given = metadata.namespace !== undefined && metadata.namespace !== null;
  if (scope === 'Namespaced' && !given) {
    return [
      {
        path,
        at: 'key',
        message: 'is required',
        remedy: 'Add the namespace, which is the account that this belongs to',
      },
    ];
  }
  if (scope === 'Cluster' && given) {
    const value = metadata.namespace;
    return [
      {
        path,
        at: 'value',
        value,
        message: `is not allowed: ${kind} belongs to the whole cluster`,
        remedy: 'Remove the line',
      },
    ];
  }
  return [];
}
