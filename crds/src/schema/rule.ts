// SPDX-License-Identifier: Apache-2.0

/** One entry of `x-kubernetes-validations`, with the remedy kept apart so that `trunkline check` can print both. */
export interface CelRule {
  /** CEL expression over `self`; a rule that uses `oldSelf` only runs on updates, so only the API server evaluates it. */
  rule: string;
  /** What is wrong, without the remedy. */
  message: string;
  /** What to do, one sentence. */
  remedy: string;
  /** Where to point, relative to the object that carries the rule: `.from`. */
  fieldPath?: string;
}

/** The schema option under which rules travel inside a TypeBox schema; the generator renames it. */
export interface RuleOptions {
  rules?: CelRule[];
}

/** True where the rule compares with the stored object. */
export function isTransitionRule(rule: CelRule): boolean {
  return rule.rule.includes('oldSelf');
}
