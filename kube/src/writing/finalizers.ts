// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../api/kube-client.ts';
import { isKubeError } from '../api/kube-error.ts';
import type { KubeObject, ResourceKind } from '../api/objects.ts';

export interface FinalizerTarget<T extends KubeObject> {
  client: KubeClient;
  kind: ResourceKind;
  object: T;
  /** `trunkline.dev/what-it-protects`. */
  finalizer: string;
  signal?: AbortSignal;
}

export const isBeingDeleted = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined;

export const hasFinalizer = (object: KubeObject, finalizer: string): boolean =>
  object.metadata.finalizers?.includes(finalizer) === true;

/**
 * Before the first effect outside of the object. Not by server-side apply: that would make the object anew where it was deleted
 * meanwhile. An object that is being deleted takes no new finalizer and is given back as it is.
 */
export async function addFinalizer<T extends KubeObject>(target: FinalizerTarget<T>): Promise<T> {
  const { object, finalizer } = target;
  if (hasFinalizer(object, finalizer) || isBeingDeleted(object)) return object;
  return write(target, [...(object.metadata.finalizers ?? []), finalizer]);
}

/** After the effect is undone. An object that is gone is fine. */
export async function removeFinalizer<T extends KubeObject>(target: FinalizerTarget<T>): Promise<void> {
  const { object, finalizer } = target;
  if (!hasFinalizer(object, finalizer)) return;
  try {
    await write(target, object.metadata.finalizers?.filter((one) => one !== finalizer) ?? []);
  } catch (error) {
    if (!isKubeError(error) || !error.isNotFound) throw error;
  }
}

/** A merge patch replaces the whole list: the resource version in it makes sure that nobody else's finalizer is lost. */
function write<T extends KubeObject>(target: FinalizerTarget<T>, finalizers: string[]): Promise<T> {
  const { client, kind, object, signal } = target;
  const { name, namespace, resourceVersion, uid } = object.metadata;
  const patch = { metadata: { resourceVersion, uid, finalizers } };
  return client.mergePatch<T>(kind, { name, namespace }, patch, { signal });
}
