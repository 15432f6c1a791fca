// SPDX-License-Identifier: Apache-2.0
import { edgeRollout, type EdgeProgress } from '../publish/edge-rollout.ts';
import { documentsOf, type ProgrammedState } from '../publish/programmed.ts';
import type { LiveProxy, ProxyFleet } from './proxy-fleet.ts';

/** An Edge resource. */
export interface KnownEdge {
  name: string;
  createdAt: Date;
  /** As its status says, from an earlier run. */
  missingSince: Date | undefined;
}

export interface RolloutOptions {
  fleet: Pick<ProxyFleet, 'live' | 'lastHeard' | 'mayReturn'>;
  edges: () => readonly KnownEdge[];
  /** Why a document is not published. */
  failure: (document: string) => string | undefined;
  /** Seconds from a change of a shard until all proxies have it. */
  onProgrammed?: ((seconds: number) => void) | undefined;
}

export interface Verdict {
  state: ProgrammedState;
  /** For so long it is too early to say so. */
  waitMs: number;
}

/** A change that proxies apply within so long is told once, as applied. */
const QUICK_MS = 500;

/** How far the proxies of all edges are with what is published. */
export class Rollout {
  readonly #options: RolloutOptions;
  readonly #wanted = new Map<string, { revision: string | undefined; changedAt: number }>();
  readonly #missingSince = new Map<string, Date>();
  readonly #told = new Map<string, string>();
  /** By shard: the change of which `onProgrammed` was told. */
  readonly #counted = new Map<string, number>();
  #startedAt: number | undefined;

  constructor(options: RolloutOptions) {
    this.#options = options;
  }

  /** These documents are wanted from now on; undefined: gone. */
  put(changes: Iterable<[name: string, revision: string | undefined]>): void {
    const changedAt = Date.now();
    this.#startedAt ??= changedAt;
    for (const [name, revision] of changes) this.#wanted.set(name, { revision, changedAt });
  }

  /** Since when an edge has no live proxy; undefined where it has one. */
  missingSince(edge: KnownEdge): Date | undefined {
    const { fleet } = this.#options;
    if (fleet.live().some((proxy) => proxy.edge === edge.name)) {
      this.#missingSince.delete(edge.name);
      return undefined;
    }
    const since =
      this.#missingSince.get(edge.name) ?? edge.missingSince ?? fleet.lastHeard(edge.name) ?? edge.createdAt;
    this.#missingSince.set(edge.name, since);
    return since;
  }

  /** Of a routing shard, `00`..`ff`. */
  verdict(shard: string): Verdict {
    const documents = documentsOf(shard);
    const edges = this.#progress(documents);
    const changes = documents.map((name) => this.#wanted.get(name)?.changedAt ?? 0);
    const changedAt = Math.max(...changes);
    const failure = documents.map(this.#options.failure).find((one) => one !== undefined);
    const state = edgeRollout({ edges, changedAt: new Date(changedAt), failure });
    if (state.status === 'True') this.#count(shard, changedAt);
    return { state, waitMs: this.#wait(state, edges, changedAt) };
  }

  /**
   * Those of the shards of which there is something new to tell. Where only the words have changed, that can wait:
   * `patient` leaves those out and says so.
   */
  news(shards: Iterable<string>, patient: boolean): { shards: string[]; later: boolean } {
    const found = { shards: [] as string[], later: false };
    for (const shard of shards) {
      const { state } = this.verdict(shard);
      const before = this.#told.get(shard) ?? '';
      const after = `${state.status} ${state.reason} ${state.message}`;
      if (before === after) continue;
      if (patient && before.startsWith(`${state.status} ${state.reason} `)) {
        found.later = true;
        continue;
      }
      this.#told.set(shard, after);
      found.shards.push(shard);
    }
    return found;
  }

  #progress(documents: string[]): EdgeProgress[] {
    const edges = new Map<string, LiveProxy[]>();
    for (const proxy of this.#options.fleet.live()) {
      edges.set(proxy.edge, [...(edges.get(proxy.edge) ?? []), proxy]);
    }
    const known = this.#options.edges();
    const missing = known.flatMap((edge) => {
      const missingSince = this.missingSince(edge);
      return missingSince ? [{ edge: edge.name, alive: 0, behind: [], missingSince }] : [];
    });
    const alive = [...edges].map(([edge, proxies]) => ({
      edge,
      alive: proxies.length,
      behind: proxies.filter((proxy) => !this.#has(proxy, documents)).map(({ instance }) => instance),
    }));
    return [...missing, ...alive].sort((a, b) => (a.edge < b.edge ? -1 : 1));
  }

  #has(proxy: LiveProxy, documents: string[]): boolean {
    return documents.every((name) => proxy.revisions[name] === this.#wanted.get(name)?.revision);
  }

  #wait({ reason }: ProgrammedState, edges: EdgeProgress[], changedAt: number): number {
    if (reason === 'Pending') return Math.max(0, QUICK_MS - (Date.now() - changedAt));
    const { fleet } = this.#options;
    const mayReturn =
      (reason === 'NoProxy' && fleet.mayReturn()) ||
      (reason === 'EdgeUnreachable' && edges.some(({ edge, alive }) => alive === 0 && fleet.mayReturn(edge)));
    return mayReturn ? 1_000 : 0;
  }

  #count(shard: string, changedAt: number): void {
    // What was published before we began has been changed who knows when.
    if (changedAt === this.#startedAt || this.#counted.get(shard) === changedAt) return;
    this.#counted.set(shard, changedAt);
    this.#options.onProgrammed?.((Date.now() - changedAt) / 1_000);
  }
}
