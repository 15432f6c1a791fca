// SPDX-License-Identifier: Apache-2.0

/** Steps from the root of a document: `['spec', 'addresses', 0, 'cidr']`. */
export type FieldPath = readonly (string | number)[];

/** `spec.addresses[0].cidr`; keys that are no identifiers stand in brackets, as `metadata.labels["a.b/c"]`. */
export function formatPath(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** The steps of a text that `formatPath` wrote. */
export function parsePath(text: string): FieldPath {
  return [...text.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)].map(
    ([, index, quoted, name = '']) => {
      if (index !== undefined) return Number(index);
      return quoted === undefined ? name : (JSON.parse(quoted) as string);
    },
  );
}
