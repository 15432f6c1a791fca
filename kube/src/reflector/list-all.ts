// SPDX-License-Identifier: Apache-2.0
import type { KubeClient, ListQuery, Page } from '../api/kube-client.ts';
import { isKubeError, KubeError } from '../api/kube-error.ts';
import type { KubeObject, ResourceKind } from '../api/objects.ts';

/** Every object, page by page. `resourceVersion` is that of the first page, from which a watch goes on. */
export async function listAll<T extends KubeObject>(
  client: KubeClient,
  kind: ResourceKind,
  query: ListQuery,
): Promise<Page<T>> {
  const first = await client.list<T>(kind, query);
  try {
    return await withRest(client, kind, query, first);
  } catch (error) {
    // The snapshot that the pages are of went away while we read: take it all at once.
    if (isKubeError(error) && error.isGone) return client.list<T>(kind, { ...query, limit: undefined });
    throw error;
  }
}

async function withRest<T extends KubeObject>(
  client: KubeClient,
  kind: ResourceKind,
  query: ListQuery,
  first: Page<T>,
): Promise<Page<T>> {
  const items = [...first.items];
  for (let next = first.continue; next !== undefined;) {
    const page = await client.list<T>(kind, { ...query, continue: next });
    if (page.continue === next) throw new KubeError({ code: 'malformed', message: 'the same page again' });
    for (const item of page.items) items.push(item);
    next = page.continue;
  }
  return { items, resourceVersion: first.resourceVersion };
}
