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
  /** Versions that earlier writes of ours had made, of which the cache may still tell: it lags behind. */
  superseded: Set<string | undefined>;
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
    if (last?.hash === hash && isOurs(live, last)) return 'unchanged';
    this.#check();
    const { client, fieldManager } = this.#options;
    const result = await client.apply(kind, object, { fieldManager, force: true, signal });
    const superseded = new Set(last && [...last.superseded, last.resourceVersion]);
    this.#written.set(key, { hash, resourceVersion: result.metadata.resourceVersion, superseded });
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

/** The object is as we have written it last, or the cache has yet to hear of that. */
function isOurs(live: KubeObject | undefined, last: Written): boolean {
  if (!live) return false;
  const { resourceVersion } = live.metadata;
  if (resourceVersion !== last.resourceVersion) return last.superseded.has(resourceVersion);
  last.superseded.clear();
  return true;
}
