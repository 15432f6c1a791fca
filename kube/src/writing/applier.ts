// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../api/kube-client.ts';
import { keyOf, type KubeObject, type ResourceKind } from '../api/objects.ts';
import { hashOf, isEqual } from './hash.ts';

export interface ApplierOptions {
  client: KubeClient;
  /** Owns what `apply` writes; `applyStatus` uses another one made of it. One per controller, the same for ever. */
  fieldManager: string;
  /** Asked before each write: false where another may be leading by now. */
  mayWrite?: () => boolean;
}

export interface ApplyRequest {
  kind: ResourceKind;
  object: KubeObject & Record<string, unknown>;
  /** The object as the cache has it, where it has it. */
  live?: KubeObject | undefined;
  signal?: AbortSignal;
}

export type Applied = 'applied' | 'unchanged';

interface Written {
  hash: string;
  resourceVersion: string | undefined;
}

/**
 * Server-side apply of objects that are ours alone (others' claims to their fields are overruled), and of statuses. What would
 * change nothing is not sent: the wish is the same as last time, and the object has not been touched since.
 */
export class Applier {
  readonly #options: ApplierOptions;
  readonly #written = new Map<string, Written>();

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  async apply({ kind, object, live, signal }: ApplyRequest): Promise<Applied> {
    const key = `${kind.kind} ${keyOf(object.metadata)}`;
    const hash = hashOf(object);
    const last = this.#written.get(key);
    const untouched = live !== undefined && live.metadata.resourceVersion === last?.resourceVersion;
    if (untouched && last?.hash === hash) return 'unchanged';
    this.#check();
    const { client, fieldManager } = this.#options;
    const result = await client.apply(kind, object, { fieldManager, force: true, signal });
    this.#written.set(key, { hash, resourceVersion: result.metadata.resourceVersion });
    return 'applied';
  }

  /**
   * Writes `status` of the object, whole. Without a `live` object, or where that says the same already, nothing is written: an
   * apply of a status never creates.
   */
  async applyStatus({ kind, object, live, signal }: ApplyRequest): Promise<Applied> {
    const before = (live as { status?: unknown } | undefined)?.status;
    if (!live || isEqual(before, object.status)) return 'unchanged';
    this.#check();
    const { name, namespace } = object.metadata;
    const fieldManager = `${this.#options.fieldManager}-status`;
    const metadata = { name, ...(namespace ? { namespace } : {}) };
    const body = { metadata, status: object.status } as KubeObject;
    await this.#options.client.apply(kind, body, {
      fieldManager,
      force: true,
      subresource: 'status',
      signal,
    });
    return 'applied';
  }

  /** For an object that is deleted for good: nothing of it is kept. */
  forget(kind: ResourceKind, object: KubeObject): void {
    this.#written.delete(`${kind.kind} ${keyOf(object.metadata)}`);
  }

  #check(): void {
    if (this.#options.mayWrite?.() === false) throw new Error('not the leader any more: nothing is written');
  }
}
