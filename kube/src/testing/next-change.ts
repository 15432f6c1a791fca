// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../api/objects.ts';
import type { Change, Lister } from '../reflector/cache.ts';

/** Changes of a cache in order, each awaited: `+key@version` for new and changed objects, `-key` for those gone. */
export function changesOf<T extends KubeObject>(cache: Lister<T>): () => Promise<string> {
  const seen: string[] = [];
  const waiting: ((change: string) => void)[] = [];
  cache.subscribe(({ key, after }: Change<T>) => {
    const text = after ? `+${key}@${after.metadata.resourceVersion ?? ''}` : `-${key}`;
    const taker = waiting.shift();
    if (taker) taker(text);
    else seen.push(text);
  });
  return () => {
    const first = seen.shift();
    return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
  };
}
