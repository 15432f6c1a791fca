// SPDX-License-Identifier: Apache-2.0
import type { Decision, DecisionEffects, Direction, TraceStep } from './decision.ts';
import type { AccountEntry, TrunkEntry } from '@trunkline/crds';
import type { Stop } from './checks/check.ts';
import { REJECT_CODES, type RejectCode } from './reject-codes.ts';

/** What a decision carries whatever its outcome. */
export interface DecisionBase {
  direction?: Direction;
  trunk?: TrunkEntry;
  account?: AccountEntry;
  trace: TraceStep[];
  effects: DecisionEffects;
}

/** The decision that a check's stop amounts to. */
export function stopped(base: DecisionBase, stop: Stop): Decision {
  switch (stop.kind) {
    case 'challenge':
      return { ...base, outcome: 'challenge', status: 407, headers: stop.headers };
    case 'drop':
      return { ...base, outcome: 'drop', code: stop.code };
    case 'reject': {
      const { code, text, headers = [] } = stop;
      return { ...base, outcome: 'reject', code, ...REJECT_CODES[code], text, headers };
    }
  }
}

/**
 * The `Reason` header (RFC 3326 §2) of our own refusals: `Trunkline;cause=<code>;text="..."`. Printable ASCII alone,
 * escaped as RFC 3261 §25.1 quoted-string asks, whatever the caller put into the text.
 */
export function formatReason({ code, text }: { code: RejectCode; text: string }): string {
  const printable = text.slice(0, 400).replaceAll(/[^\x20-\x7e]/g, '?');
  return `Trunkline;cause=${code};text="${printable.replaceAll(/["\\]/g, '\\$&')}"`;
}
