// SPDX-License-Identifier: Apache-2.0
import type { FieldPath } from './field-path.ts';

/** A problem before it knows its file and line. */
export interface Finding {
  path: FieldPath;
  /** What to point at: the value, the key itself (unknown field), or the object that lacks the field. */
  at: 'value' | 'key' | 'missing';
  message: string;
  remedy: string;
  value?: unknown;
  severity?: 'warning';
}
