// SPDX-License-Identifier: Apache-2.0
import type { Kind } from '@trunkline/crds';
import { accessListOutcome } from './access-lists.ts';
import { accountOutcome } from './accounts.ts';
import { carrierOutcome } from './carriers.ts';
import { conditions, type Condition } from './conditions.ts';
import { credentialListOutcome } from './credential-lists.ts';
import type { Query, Reader } from './derivations.ts';
import { edgeOutcome } from './edges.ts';
import { find } from './facts.ts';
import { refused, type Issue } from './issue.ts';
import { numberPoolOutcome } from './number-pools.ts';
import { originationUriOutcome } from './origination-uris.ts';
import type { Outcome } from './outcome.ts';
import { callerIdOutcome } from './outgoing-caller-ids.ts';
import { phoneNumberOutcome } from './phone-numbers.ts';
import { sidOf, type ResourceKey } from './resources.ts';
import { trunkOutcome } from './trunks.ts';

/** Status of a resource as compile knows it; the writer adds `lastTransitionTime`, the publisher `Programmed`. */
export interface ResourceStatus {
  sid: string;
  observedGeneration: number;
  conditions: Condition[];
  /** The kind's own fields: `numbers`, `terminationUris`, ... */
  [field: string]: unknown;
}

export interface StatusReport {
  status: ResourceStatus;
  issues: Issue[];
}

interface KindReport {
  outcome?: Query<Outcome>;
  hasReferences?: boolean;
  programmed?: boolean;
}

const reports: Record<Kind, KindReport> = {
  Trunk: { outcome: trunkOutcome, hasReferences: true, programmed: true },
  IpAccessControlList: { outcome: accessListOutcome, hasReferences: true },
  CredentialList: { outcome: credentialListOutcome, hasReferences: true },
  OriginationUri: { outcome: originationUriOutcome, hasReferences: true },
  PhoneNumber: { outcome: phoneNumberOutcome, hasReferences: true },
  OutgoingCallerId: { outcome: callerIdOutcome, hasReferences: true },
  Account: { outcome: accountOutcome, hasReferences: true },
  Carrier: { outcome: carrierOutcome, hasReferences: true },
  NumberPool: { outcome: numberPoolOutcome, hasReferences: true },
  RateDeck: {},
  Edge: { outcome: edgeOutcome },
};

/** By resource key `Kind/namespace/name`; undefined where the resource is gone. Never throws. */
export const statusReport: Query<StatusReport | undefined> = {
  name: 'status',
  compute: (key, read) => {
    const { kind, local } = splitKey(key);
    const resource = find(read, kind, local);
    if (!resource) return undefined;
    const { outcome, hasReferences = false, programmed = false } = reports[kind];
    const { issues, details = {} } = outcome ? attempt(outcome, local, read) : { issues: [] };
    const { generation } = resource.metadata;
    return {
      issues,
      status: {
        sid: sidOf(kind, local),
        ...details,
        observedGeneration: generation,
        conditions: conditions({ issues, generation, hasReferences, programmed }),
      },
    };
  },
};

function splitKey(key: ResourceKey): { kind: Kind; local: string } {
  const slash = key.indexOf('/');
  return { kind: key.slice(0, slash) as Kind, local: key.slice(slash + 1) };
}

/** A resource that cannot be compiled says so in its own status and harms no other. */
function attempt(outcome: Query<Outcome>, key: string, read: Reader): Outcome {
  try {
    return read.derive(outcome, key);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const issue = refused({
      field: 'spec',
      reason: 'NotCompiled',
      message: `the resource cannot be compiled (${message}) and is left out.`,
      remedy:
        'Compare it with its schema, for example with `trunkline check`; if it conforms, report this as a bug.',
    });
    return { issues: [issue] };
  }
}
