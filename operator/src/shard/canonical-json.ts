// SPDX-License-Identifier: Apache-2.0

/**
 * JSON with object keys in code-point order and without blanks, so that equal content has equal text (in the
 * spirit of RFC 8785; numbers are written as JavaScript does, which that RFC prescribes). Members that are
 * undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => (isPlainObject(member) ? sorted(member) : member));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(object: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(object).sort();
  return Object.fromEntries(keys.map((key) => [key, object[key]]));
}
