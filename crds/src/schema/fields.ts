// SPDX-License-Identifier: Apache-2.0
import { Type, type TObject, type TProperties } from 'typebox';
import { FORMS, type Form, type FormName } from './forms.ts';
import type { CelRule } from './rule.ts';

/*
 * Building blocks of the kinds' schemas. What Kubernetes has no word for (`form`, `rules`) rides along as options of
 * the TypeBox schema; `generate/` turns it into pattern and x-kubernetes-validations, `manifests/` checks by it.
 *
 * A property with a default is required for TypeScript (it is always there after loading) and optional for the
 * person who writes the manifest; the generator takes it off `required`.
 */

interface TextOptions {
  default?: string;
  /** Rules beyond those of the form. */
  rules?: CelRule[];
}

/** A string of one of the shared forms. */
export function formText(name: FormName, description: string, options: TextOptions = {}) {
  const form: Form = FORMS[name];
  const rules = [...(form.rules ?? []), ...(options.rules ?? [])];
  return Type.String({
    description,
    form: name,
    maxLength: form.maxLength,
    ...(form.pattern !== undefined && { pattern: form.pattern }),
    ...(form.minLength !== undefined && { minLength: form.minLength }),
    ...(options.default !== undefined && { default: options.default }),
    ...(rules.length > 0 && { rules }),
  });
}

/** Free text of at most `maxLength` characters (code points, as the API server counts). */
export function text(maxLength: number, description: string) {
  return Type.String({ description, maxLength });
}

/** One of a few words. */
export function choice<const T extends string[]>(values: [...T], description: string, fallback?: T[number]) {
  return Type.Enum(values, { description, ...(fallback !== undefined && { default: fallback }) });
}

/** Bounds and default of a whole number. */
export interface IntegerRange {
  minimum: number;
  maximum: number;
  default?: number;
}

export function integer(range: IntegerRange, description: string) {
  return Type.Integer({ description, ...range });
}

export function flag(fallback: boolean, description: string) {
  return Type.Boolean({ description, default: fallback });
}

/** An object whose members all have defaults, so that it may be left out as a whole. */
export function section<T extends TProperties>(
  properties: T,
  description: string,
  rules?: CelRule[],
): TObject<T> {
  return Type.Object(properties, { description, default: {}, ...(rules && { rules }) });
}

export function object<T extends TProperties>(
  properties: T,
  description: string,
  rules?: CelRule[],
): TObject<T> {
  return Type.Object(properties, { description, ...(rules && { rules }) });
}

/** Reference to a resource of the same namespace (or a cluster-scoped one). */
export function reference(kind: string, description: string) {
  return object({ name: formText('resourceName', `Name of the ${kind}.`) }, description);
}

/** What a list of unique strings and a list with unique keys are called in CRDs. */
export function asSet(maxItems: number) {
  return { maxItems, 'x-kubernetes-list-type': 'set' } as const;
}

export function asMap(maxItems: number, keys: string[]) {
  return { maxItems, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys } as const;
}

/** Order matters and the list is replaced as a whole. */
export function asAtomic(maxItems: number) {
  return { maxItems, 'x-kubernetes-list-type': 'atomic' } as const;
}
