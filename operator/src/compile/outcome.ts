// SPDX-License-Identifier: Apache-2.0
import type { Issue } from './issue.ts';

/** What compiling one resource came to, beside its entry in a shard. */
export interface Outcome {
  issues: Issue[];
  /** Status fields of the kind, beside `sid` and `conditions`. */
  details?: Record<string, unknown>;
}
