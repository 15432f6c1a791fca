// SPDX-License-Identifier: Apache-2.0
import type { Query } from './derivations.ts';
import { missingAccount } from './accounts.ts';
import { find, listed } from './facts.ts';
import { heldBack } from './issue.ts';
import type { Outcome } from './outcome.ts';
import { compareText } from './resources.ts';

/** By namespace: verified caller ids. */
export const callerIdsOf: Query<string[]> = {
  name: 'caller-ids-of',
  compute: (namespace, read) => {
    const ids = listed(read, `caller-ids-in ${namespace}`).flatMap(
      (key) => find(read, 'OutgoingCallerId', key) ?? [],
    );
    const verified = ids.filter((id) => id.status?.verified === true).map((id) => id.spec.number);
    return [...new Set(verified)].sort(compareText);
  },
};

/** By OutgoingCallerId key. */
export const callerIdOutcome: Query<Outcome> = {
  name: 'caller-id-outcome',
  compute: (key, read) => {
    const id = find(read, 'OutgoingCallerId', key);
    if (!id) return { issues: [] };
    const verified = id.status?.verified === true;
    const issues = missingAccount(id.metadata.namespace ?? '', read);
    if (!verified) {
      issues.push(
        heldBack({
          field: 'status.verified',
          reason: 'NotVerified',
          message: `${id.spec.number} is not verified and cannot be used as caller id yet.`,
          remedy: 'Verify it by a code call, or have an administrator set status.verified.',
        }),
      );
    }
    return { issues };
  },
};
