// SPDX-License-Identifier: Apache-2.0
import type { ResourceKey } from './resources.ts';

/** Condition types that compile decides; `Programmed` is the publisher's. */
export type DecidedCondition = 'Accepted' | 'ResolvedRefs' | 'Ready';

/** One thing about a resource that its owner should know. */
export interface Issue {
  /** Path in the resource: `spec.termination.domainName`. */
  field: string;
  /** CamelCase, stable: becomes the condition's reason. */
  reason: string;
  message: string;
  /** What to do about it, one imperative sentence. */
  remedy: string;
  /** The condition that this issue makes false; absent: a warning or a note that stops nothing. */
  breaks?: DecidedCondition;
  severity: 'error' | 'warning' | 'note';
}

/** An issue as `check` and events report it. */
export interface Finding extends Issue {
  resourceKey: ResourceKey;
}

type Text = Pick<Issue, 'field' | 'reason' | 'message' | 'remedy'>;

/** The resource, or the named part of it, is not in use. */
export function refused(text: Text): Issue {
  return { ...text, breaks: 'Accepted', severity: 'error' };
}

/** It refers to something that is not there. */
export function unresolved(text: Text): Issue {
  return { ...text, breaks: 'ResolvedRefs', severity: 'error' };
}

/** In use, but probably not as meant. */
export function warning(text: Text): Issue {
  return { ...text, severity: 'warning' };
}

/** As meant by an administrator, but calls do not pass. */
export function heldBack(text: Text): Issue {
  return { ...text, breaks: 'Ready', severity: 'note' };
}
