// SPDX-License-Identifier: Apache-2.0

/** Puts an entry last, and forgets the first one where there are more than `most`: what strangers send is kept, but not without bound. */
export function putLast<T>(map: Map<string, T>, [key, value]: [string, T], most: number): void {
  map.delete(key);
  map.set(key, value);
  const first = map.keys().next();
  if (map.size > most && first.done !== true) map.delete(first.value);
}
