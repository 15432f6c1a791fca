// SPDX-License-Identifier: Apache-2.0
import type { TObject } from 'typebox';
import type { CelRule } from './rule.ts';

export const GROUP = 'trunkline.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = 'trunkline.dev/v1alpha1';
/** `kubectl get trunkline` lists every kind. */
export const CATEGORY = 'trunkline';

/** A column of `kubectl get`. */
export interface PrinterColumn {
  name: string;
  type: 'string' | 'integer' | 'boolean' | 'date';
  jsonPath: string;
  /** 0 is always shown, 1 with `-o wide`. */
  priority?: number;
  description: string;
}

/** Everything about a kind that is not its spec's TypeScript type. */
export interface KindDefinition<Kind extends string = string> {
  kind: Kind;
  plural: string;
  singular: string;
  shortNames: string[];
  scope: 'Namespaced' | 'Cluster';
  /** Two letters; no two kinds share them, because the SID is derived from them. */
  sidPrefix: string;
  description: string;
  spec: TObject;
  status: TObject;
  /** Rules over the whole resource; `self.metadata.name` is all of the metadata that the API server shows them. */
  rules?: CelRule[];
  columns: PrinterColumn[];
  selectableFields?: string[];
}

const READY_PATH = '.status.conditions[?(@.type=="Ready")]';

/** The last columns of every kind. */
export const READY_COLUMN: PrinterColumn = {
  name: 'Ready',
  type: 'string',
  jsonPath: `${READY_PATH}.status`,
  description: 'Whether the next call can use it.',
};

export const AGE_COLUMN: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since it was created.',
};

/** Shown with `-o wide`: why it is not ready. */
export const REASON_COLUMN: PrinterColumn = {
  name: 'Reason',
  type: 'string',
  jsonPath: `${READY_PATH}.reason`,
  priority: 1,
  description: 'Why it is, or is not, ready.',
};

/** At most two columns of the kind's own, then Ready, Reason and Age. */
export function columns(...own: PrinterColumn[]): PrinterColumn[] {
  return [...own, READY_COLUMN, REASON_COLUMN, AGE_COLUMN];
}
