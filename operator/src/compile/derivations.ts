// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';

/** A named pure function of one string argument and of whatever it reads through `read`. */
export interface Query<T> {
  readonly name: string;
  readonly compute: (argument: string, read: Reader) => T;
}

/** What a query may look at. Everything read is remembered as a dependency. */
export interface Reader {
  /** Value of an input cell; undefined where nothing was set. */
  input(id: string): unknown;
  /** Result of another query; throws what that query threw. */
  derive<T>(query: Query<T>, argument: string): T;
}

interface Node {
  readonly id: string;
  /** Absent on input cells. */
  readonly compute?: (read: Reader) => unknown;
  pinned: boolean;
  readonly dependents: Set<Node>;
  dependencies: Set<Node>;
  value: unknown;
  failure: { error: unknown } | undefined;
  /** Revision in which the value last became another one. */
  changedAt: number;
  /** Revision for which the value is known to hold; -1: never computed. */
  verifiedAt: number;
  stale: boolean;
  computing: boolean;
}

/**
 * Incremental evaluation of pure queries: setting an input marks what depends on it as possibly stale; a read
 * recomputes only where a dependency really changed. A query whose result stays equal stops the wave, so that a
 * change reaches exactly the trunks that it can touch.
 */
export class Derivations implements Reader {
  readonly #nodes = new Map<string, Node>();
  #revision = 0;
  #stalePins = new Set<string>();

  /** Sets an input cell; `undefined` empties it. Equal values change nothing. */
  set(id: string, value: unknown): void {
    const node = this.#cell(id);
    if (isDeepStrictEqual(node.value, value)) return;
    this.#revision += 1;
    node.value = value;
    node.changedAt = this.#revision;
    this.#markDependents(node);
    this.#forgetIfUnused(node);
  }

  input(id: string): unknown {
    return this.#nodes.get(id)?.value;
  }

  derive<T>(query: Query<T>, argument: string): T {
    return this.#read(this.#queryNode(query, argument)) as T;
  }

  /** Keeps a query's result alive and lists it in `takeStale` whenever it may have changed. */
  pin(query: Query<unknown>, argument: string): void {
    const node = this.#queryNode(query, argument);
    node.pinned = true;
    if (node.stale) this.#stalePins.add(node.id);
  }

  unpin(query: Query<unknown>, argument: string): void {
    const id = nodeId(query, argument);
    const node = this.#nodes.get(id);
    this.#stalePins.delete(id);
    if (!node) return;
    node.pinned = false;
    this.#forgetIfUnused(node);
  }

  /** Ids (`query name` + space + argument) of pinned queries to read again; empties the list. */
  takeStale(): string[] {
    const stale = [...this.#stalePins];
    this.#stalePins = new Set();
    return stale;
  }

  /** Cells and results held; for tests against leaks. */
  get size(): number {
    return this.#nodes.size;
  }

  #cell(id: string): Node {
    return this.#nodes.get(id) ?? this.#add({ id });
  }

  #queryNode(query: Query<unknown>, argument: string): Node {
    const id = nodeId(query, argument);
    const compute = (read: Reader): unknown => query.compute(argument, read);
    return this.#nodes.get(id) ?? this.#add({ id, compute });
  }

  #add(seed: Pick<Node, 'id' | 'compute'>): Node {
    const node: Node = {
      ...seed,
      pinned: false,
      dependents: new Set(),
      dependencies: new Set(),
      value: undefined,
      failure: undefined,
      changedAt: this.#revision,
      verifiedAt: -1,
      stale: seed.compute !== undefined,
      computing: false,
    };
    this.#nodes.set(seed.id, node);
    return node;
  }

  #read(node: Node): unknown {
    this.#refresh(node);
    if (node.failure) throw node.failure.error;
    return node.value;
  }

  #refresh(node: Node): void {
    if (!node.stale) return;
    if (node.computing) throw new Error(`query ${node.id} depends on itself`);
    node.computing = true;
    try {
      if (node.verifiedAt < 0 || this.#dependencyChanged(node)) this.#recompute(node);
      node.verifiedAt = this.#revision;
      node.stale = false;
    } finally {
      node.computing = false;
    }
  }

  #dependencyChanged(node: Node): boolean {
    for (const dependency of node.dependencies) {
      this.#refresh(dependency);
      if (dependency.changedAt > node.verifiedAt) return true;
    }
    return false;
  }

  #recompute(node: Node): void {
    const previous = node.dependencies;
    node.dependencies = new Set();
    const result = this.#evaluate(node);
    for (const dependency of previous) {
      if (node.dependencies.has(dependency)) continue;
      dependency.dependents.delete(node);
      this.#forgetIfUnused(dependency);
    }
    const same =
      node.failure === undefined &&
      result.failure === undefined &&
      isDeepStrictEqual(node.value, result.value);
    if (same && node.verifiedAt >= 0) return;
    node.value = result.value;
    node.failure = result.failure;
    node.changedAt = this.#revision;
  }

  #evaluate(node: Node): Pick<Node, 'value' | 'failure'> {
    const depend = (dependency: Node): Node => {
      node.dependencies.add(dependency);
      dependency.dependents.add(node);
      return dependency;
    };
    const read: Reader = {
      input: (id) => depend(this.#cell(id)).value,
      derive: <T>(query: Query<T>, argument: string) =>
        this.#read(depend(this.#queryNode(query, argument))) as T,
    };
    try {
      return { value: node.compute?.(read), failure: undefined };
    } catch (error) {
      return { value: undefined, failure: { error } };
    }
  }

  #markDependents(node: Node): void {
    for (const dependent of node.dependents) {
      if (dependent.stale) continue;
      dependent.stale = true;
      if (dependent.pinned) this.#stalePins.add(dependent.id);
      this.#markDependents(dependent);
    }
  }

  #forgetIfUnused(node: Node): void {
    if (node.pinned || node.dependents.size > 0) return;
    if (node.compute === undefined && node.value !== undefined) return;
    this.#forget(node);
  }

  #forget(node: Node): void {
    this.#nodes.delete(node.id);
    for (const dependency of node.dependencies) {
      dependency.dependents.delete(node);
      this.#forgetIfUnused(dependency);
    }
  }
}

function nodeId(query: Query<unknown>, argument: string): string {
  return `${query.name} ${argument}`;
}
