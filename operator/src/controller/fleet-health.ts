// SPDX-License-Identifier: Apache-2.0
import type { ResourceKey } from '../compile/resources.ts';
import {
  carrierHealth,
  indexHealth,
  originationUriHealth,
  type AddressHealth,
  type HealthIndex,
} from '../status/target-health.ts';
import type { LiveResource } from './live-resource.ts';
import type { LiveProxy } from './proxy-fleet.ts';
import type { ResourceWatch } from './resource-watch.ts';

/** Proxies tell every 10 s, each at its own time: what they tell within so long is written at once. */
const SETTLE_MS = 1_000;

/** What the live proxies say of targets, for the statuses of those that lead there. */
export class FleetHealth {
  readonly #proxies: () => readonly LiveProxy[];
  readonly #resources: Pick<ResourceWatch, 'get' | 'list'>;
  readonly #enqueue: (key: ResourceKey) => void;
  #index: HealthIndex | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    proxies: () => readonly LiveProxy[],
    resources: Pick<ResourceWatch, 'get' | 'list'>,
    enqueue: (key: ResourceKey) => void,
  ) {
    this.#proxies = proxies;
    this.#resources = resources;
    this.#enqueue = enqueue;
    this.changed();
  }

  /** Soon, the statuses of all that lead somewhere are looked at again; those that say so already are not written. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, SETTLE_MS);
  }

  /** Undefined: too early to say. */
  of(live: LiveResource): AddressHealth[] | undefined {
    if (!this.#index) return undefined;
    if (live.kind === 'Carrier') return carrierHealth(live, this.#index);
    if (live.kind !== 'OriginationUri') return [];
    const trunk = this.#resources.get(`Trunk/${live.metadata.namespace ?? ''}/${live.spec.trunkRef.name}`);
    const secure = trunk?.kind === 'Trunk' && trunk.spec.secure;
    return originationUriHealth(live, secure, this.#index);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    this.#index = indexHealth(this.#proxies().map(({ edge, health = [] }) => ({ edge, health })));
    for (const { metadata } of this.#resources.list('Carrier')) this.#enqueue(`Carrier/${metadata.name}`);
    for (const { metadata } of this.#resources.list('OriginationUri'))
      this.#enqueue(`OriginationUri/${metadata.namespace ?? ''}/${metadata.name}`);
  }
}
