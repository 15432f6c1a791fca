// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { ResourceStatus } from '../compile/statuses.ts';
import { canonicalJson } from '../shard/canonical-json.ts';
import type { LiveProxy } from './proxy-fleet.ts';

export interface EdgeFacts {
  /** Live proxies of the edge. */
  proxies: readonly LiveProxy[];
  missingSince: Date | undefined;
  /** As in its status now. */
  programmedRevision: string | undefined;
}

/** The status of an Edge with what its proxies say: how many there are, and what all of them have applied. */
export function withProxies(status: ResourceStatus, facts: EdgeFacts): ResourceStatus {
  const { proxies, missingSince } = facts;
  const programmedRevision = commonRevision(proxies) ?? facts.programmedRevision;
  return {
    ...status,
    replicas: proxies.length,
    ...(programmedRevision === undefined ? {} : { programmedRevision }),
    conditions: status.conditions.map((condition) =>
      condition.type === 'Ready' && condition.status === 'True' && missingSince
        ? { ...condition, status: 'False', reason: 'NoProxy', message: noProxy(missingSince) }
        : condition,
    ),
  };
}

/** When an edge went missing, as an earlier leader has written it down. */
export function writtenMissingSince(status: unknown): Date | undefined {
  const { conditions = [] } = (status ?? {}) as {
    conditions?: { type: string; reason: string; lastTransitionTime: string }[];
  };
  const ready = conditions.find(({ type, reason }) => type === 'Ready' && reason === 'NoProxy');
  return ready && new Date(ready.lastTransitionTime);
}

/** One word for all revisions, where all proxies have the same. */
function commonRevision(proxies: readonly LiveProxy[]): string | undefined {
  const words = new Set(
    proxies.map(({ revisions }) => createHash('sha256').update(canonicalJson(revisions)).digest('hex')),
  );
  const [word] = words;
  return words.size === 1 ? word?.slice(0, 12) : undefined;
}

function noProxy(since: Date): string {
  const time = since.toISOString().replace(/\.\d+Z$/, 'Z');
  return `No proxy of the edge is alive since ${time}. Start one, or look at its log.`;
}
