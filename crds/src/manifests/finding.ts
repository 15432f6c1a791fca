// SPDX-License-Identifier: Apache-2.0
import type { FieldPath } from './field-path.ts';

/** A problem before it knows its file and line. */
export interface Finding {
  path: FieldPath;
  /** What to point at; where the field is not there, the nearest object around it. */
  at: 'value' | 'key';
  message: string;
  remedy: string;
  value?: unknown;
  severity?: 'warning';
}
