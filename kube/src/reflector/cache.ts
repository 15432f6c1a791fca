// SPDX-License-Identifier: Apache-2.0
import { keyOf, type KubeObject } from '../api/objects.ts';

export interface Change<T> {
  key: string;
  /** Missing where the object is new. */
  before?: T;
  /** Missing where it is gone. */
  after?: T;
}

/** Gives the values under which an object is found, such as the names of the lists that a Trunk refers to. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** What readers of a cache see of it. */
export interface Lister<T extends KubeObject> {
  readonly size: number;
  get(key: string): T | undefined;
  /** All, or those of a namespace. */
  list(namespace?: string): T[];
  /** Those that an index lists under the value. Throws on an index that was not declared. */
  byIndex(index: string, value: string): T[];
  /** Called after each change, the cache being up to date. Returns what ends it. */
  subscribe(listener: (change: Change<T>) => void): () => void;
}

/** The objects of a kind as last heard. They are frozen: everyone shares them. */
export class Cache<T extends KubeObject> implements Lister<T> {
  readonly #objects = new Map<string, T>();
  readonly #namespaces = new Map<string, Set<string>>();
  readonly #indexes = new Map<string, { of: IndexFunction<T>; keys: Map<string, Set<string>> }>();
  readonly #listeners = new Set<(change: Change<T>) => void>();
  readonly #onFault: (error: unknown) => void;

  /** `onFault` is told what a listener or an index function throws: it must not stop whoever fills the cache. */
  constructor(
    indexes: Record<string, IndexFunction<T>> = {},
    onFault: (error: unknown) => void = () => undefined,
  ) {
    for (const [name, of] of Object.entries(indexes)) this.#indexes.set(name, { of, keys: new Map() });
    this.#onFault = onFault;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): T[] {
    if (namespace === undefined) return [...this.#objects.values()];
    return this.#found(this.#namespaces.get(namespace));
  }

  byIndex(index: string, value: string): T[] {
    const found = this.#indexes.get(index);
    if (!found) throw new TypeError(`the cache has no index ${index}`);
    return this.#found(found.keys.get(value));
  }

  subscribe(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(object: T): void {
    const key = keyOf(object.metadata);
    const before = this.#objects.get(key);
    // After a lost connection the server may say again what we know.
    if (before && isSame(before, object)) return;
    deepFreeze(object);
    if (before) this.#unlink(key, before);
    this.#objects.set(key, object);
    this.#link(key, object);
    this.#tell({ key, ...(before ? { before } : {}), after: object });
  }

  delete(key: string): void {
    const before = this.#objects.get(key);
    if (!before) return;
    this.#unlink(key, before);
    this.#objects.delete(key);
    this.#tell({ key, before });
  }

  /** Makes the cache hold exactly these, telling of what differs: a list says what a watch may have missed. */
  replaceAll(objects: readonly T[]): void {
    const kept = new Set(objects.map((object) => keyOf(object.metadata)));
    for (const key of [...this.#objects.keys()]) if (!kept.has(key)) this.delete(key);
    for (const object of objects) this.set(object);
  }

  #found(keys: Set<string> | undefined): T[] {
    return [...(keys ?? [])].flatMap((key) => this.#objects.get(key) ?? []);
  }

  #link(key: string, object: T): void {
    add(this.#namespaces, object.metadata.namespace ?? '', key);
    for (const { of, keys } of this.#indexes.values())
      for (const value of this.#values(of, object)) add(keys, value, key);
  }

  #unlink(key: string, object: T): void {
    remove(this.#namespaces, object.metadata.namespace ?? '', key);
    for (const { of, keys } of this.#indexes.values())
      for (const value of this.#values(of, object)) remove(keys, value, key);
  }

  #values(of: IndexFunction<T>, object: T): readonly string[] {
    try {
      return of(object);
    } catch (error) {
      this.#onFault(error);
      return [];
    }
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#onFault(error);
      }
    }
  }
}

/** A resource version is compared for sameness alone; with the uid, as a restored etcd may count again. */
const isSame = (one: KubeObject, other: KubeObject) =>
  one.metadata.resourceVersion !== undefined &&
  one.metadata.resourceVersion === other.metadata.resourceVersion &&
  one.metadata.uid === other.metadata.uid;

function add(map: Map<string, Set<string>>, value: string, key: string): void {
  const keys = map.get(value);
  if (keys) keys.add(key);
  else map.set(value, new Set([key]));
}

function remove(map: Map<string, Set<string>>, value: string, key: string): void {
  const keys = map.get(value);
  keys?.delete(key);
  if (keys?.size === 0) map.delete(value);
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
}
