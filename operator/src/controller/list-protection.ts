// SPDX-License-Identifier: Apache-2.0
import {
  addFinalizer,
  Controller,
  isBeingDeleted,
  removeFinalizer,
  WorkQueue,
  type EventRecorder,
  type KubeClient,
  type RuntimeMetrics,
} from '@trunkline/kube';
import type { Logger } from 'pino';
import type { ResourceKey } from '../compile/resources.ts';
import { RESOURCE_KINDS, type LiveResource } from './live-resource.ts';

/** Keeps a CredentialList until no Trunk names it, as Kubernetes keeps a volume claim until no pod uses it. */
export const IN_USE = 'trunkline.dev/in-use';

export interface ListProtectionOptions {
  client: KubeClient;
  mayWrite: () => boolean;
  resource: (key: ResourceKey) => LiveResource | undefined;
  /** How many trunks name the list. */
  trunks: (key: ResourceKey) => number;
  events: Pick<EventRecorder, 'record'>;
  log: Logger;
  metrics?: RuntimeMetrics | undefined;
}

/**
 * A CredentialList that trunks use cannot be deleted from under them: it stays, and in force, until the last trunk has let go
 * of it. Without it, every call of those trunks would be refused.
 */
export class ListProtection {
  readonly #options: ListProtectionOptions;
  readonly #controller: Controller;

  constructor(options: ListProtectionOptions) {
    this.#options = options;
    const { log, metrics } = options;
    this.#controller = new Controller({
      name: 'list-protection',
      reconcile: (key, signal) => this.#reconcile(key, signal),
      queue: new WorkQueue({
        backOff: { firstMs: 50, maxMs: 60_000 },
        metrics: metrics?.queue('list-protection'),
      }),
      workers: 4,
      log,
      metrics: metrics?.controller,
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#controller.run(signal);
  }

  /** Keys of other kinds are passed over. */
  enqueue(key: ResourceKey): void {
    if (key.startsWith('CredentialList/')) this.#controller.queue.add(key);
  }

  async #reconcile(key: ResourceKey, signal: AbortSignal): Promise<undefined> {
    const { client, mayWrite, resource, trunks } = this.#options;
    const object = resource(key);
    if (!object) return undefined;
    if (!mayWrite()) throw new Error('not the leader any more: nothing is written');
    const target = { client, kind: RESOURCE_KINDS.CredentialList, object, finalizer: IN_USE, signal };
    const count = trunks(key);
    if (count === 0) await removeFinalizer(target);
    else if (isBeingDeleted(object)) this.#tell(object, count);
    else await addFinalizer(target);
    return undefined;
  }

  #tell(list: LiveResource, trunks: number): void {
    const note = `${trunks} trunk(s) still use the list: it is deleted, and stops working, when the last one names it no more.`;
    this.#options.events.record(list, { type: 'Warning', action: 'Delete', reason: 'InUse', note });
  }
}
