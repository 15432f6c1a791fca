// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { LEASE, type KubeClient, type Lease, type Lister } from '@trunkline/kube';
import type { Logger } from 'pino';
import { proxyOfLease } from './proxy-fleet.ts';

export interface LeaseCleanupOptions {
  client: Pick<KubeClient, 'delete'>;
  mayWrite: () => boolean;
  leases: Lister<Lease>;
  log: Logger;
}

const EVERY_MS = 10 * 60_000;
/** Nobody who is silent for so long comes back under the same name: pods get new ones. */
const SILENT_MS = 24 * 60 * 60_000;

/**
 * Deletes Leases of proxies that were killed: one that ends takes its own back. The last one of each edge stays, for it tells
 * since when the edge has been silent.
 */
export class LeaseCleanup {
  readonly #options: LeaseCleanupOptions;

  constructor(options: LeaseCleanupOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const timer = setInterval(() => void this.clean(signal), EVERY_MS);
    if (!signal.aborted) await once(signal, 'abort');
    clearInterval(timer);
  }

  /** One round; never rejects. */
  async clean(signal?: AbortSignal): Promise<void> {
    const { client, leases, log, mayWrite } = this.#options;
    for (const { metadata } of forgotten(leases.list(), Date.now())) {
      if (!mayWrite()) return;
      const { name, namespace, uid, resourceVersion } = metadata;
      try {
        // Only as it was seen: a proxy that speaks again at this moment keeps its Lease.
        await client.delete(LEASE, { name, namespace }, { uid, resourceVersion, signal });
        log.info({ lease: name }, 'the lease of a proxy that is gone was deleted');
      } catch (err) {
        log.warn({ err, lease: name }, 'the lease of a proxy that is gone could not be deleted');
      }
    }
  }
}

/** Silent for a day, and not the last that was heard of its edge. */
export function forgotten(leases: readonly Lease[], now: number): Lease[] {
  const heard = new Set<string>();
  return leases
    .map((lease) => ({ lease, ...proxyOfLease(lease, now) }))
    .sort((a, b) => b.renewedAt - a.renewedAt)
    .filter(({ edge, renewedAt }) => {
      const isLast = !heard.has(edge);
      heard.add(edge);
      return !isLast && now - renewedAt > SILENT_MS;
    })
    .map(({ lease }) => lease);
}
