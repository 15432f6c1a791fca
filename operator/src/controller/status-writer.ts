// SPDX-License-Identifier: Apache-2.0
import type { Kind } from '@trunkline/crds';
import {
  Controller,
  isKubeError,
  withTransitionTimes,
  WorkQueue,
  type Applier,
  type Condition,
  type EventRecorder,
  type KubeObject,
  type RuntimeMetrics,
} from '@trunkline/kube';
import type { Logger } from 'pino';
import type { ResourceKey } from '../compile/resources.ts';
import type { ResourceStatus } from '../compile/statuses.ts';
import { withProgrammedState } from '../publish/programmed.ts';
import { withReconciling } from '../publish/reconciling.ts';
import { shardName } from '../shard/shard-name.ts';
import type { AddressHealth } from '../status/target-health.ts';
import { withProxies } from './edge-status.ts';
import { RESOURCE_KINDS, type LiveResource } from './live-resource.ts';
import type { Verdict } from './rollout.ts';
import type { LiveProxy } from './proxy-fleet.ts';

export interface StatusWriterOptions {
  applier: Pick<Applier, 'applyStatus'>;
  /** The resource as last heard. */
  resource: (key: ResourceKey) => LiveResource | undefined;
  /** What compiling says of it. */
  compiled: (key: ResourceKey) => ResourceStatus | undefined;
  verdict: (shard: string) => Verdict;
  edge: (edge: LiveResource) => { proxies: readonly LiveProxy[]; missingSince: Date | undefined };
  /** What the proxies say of where an OriginationUri or a Carrier leads; undefined: it stays as it is. */
  health?: (resource: LiveResource) => readonly AddressHealth[] | undefined;
  events: Pick<EventRecorder, 'record'>;
  log: Logger;
  metrics?: RuntimeMetrics | undefined;
}

const WORKERS = 8;

/** Status fields that others write: an administrator, a code call. They are theirs. */
const FOREIGN: Partial<Record<Kind, readonly string[]>> = {
  OutgoingCallerId: ['verified', 'verifiedAt'],
};

/** Where the health of targets is told. */
const HEALTH_FIELDS: Partial<Record<Kind, string>> = { OriginationUri: 'addresses', Carrier: 'gateways' };

interface Wanted {
  status: ResourceStatus;
  waitMs: number;
  /** When what has changed did so; default now. */
  at?: Date | undefined;
}

/** Makes the status of every resource say what compiling and the proxies say; one that says so already is not written. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #controller: Controller;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    const { log, metrics } = options;
    this.#controller = new Controller({
      name: 'status',
      reconcile: (key, signal) => this.#reconcile(key, signal),
      queue: new WorkQueue({ backOff: { firstMs: 50, maxMs: 60_000 }, metrics: metrics?.queue('status') }),
      workers: WORKERS,
      log,
      metrics: metrics?.controller,
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#controller.run(signal);
  }

  enqueue(key: ResourceKey): void {
    this.#controller.queue.add(key);
  }

  async #reconcile(key: ResourceKey, signal: AbortSignal): Promise<{ requeueAfterMs: number } | undefined> {
    const live = this.#options.resource(key);
    const compiled = this.#options.compiled(key);
    if (!live || !compiled) return undefined;
    const wanted = this.#wanted(live, compiled);
    if (wanted.waitMs > 0) return { requeueAfterMs: wanted.waitMs };
    await this.#write(live, wanted, signal);
    return undefined;
  }

  /** Now, for what must be written down before it is published: a number that was given away. */
  async write(key: ResourceKey, signal: AbortSignal): Promise<void> {
    const live = this.#options.resource(key);
    const compiled = this.#options.compiled(key);
    if (live && compiled) await this.#write(live, this.#wanted(live, compiled), signal);
  }

  #wanted(live: LiveResource, compiled: ResourceStatus): Wanted {
    if (live.kind === 'Edge') {
      const facts = this.#options.edge(live);
      const { programmedRevision } = live.status ?? {};
      const status = withProxies(compiled, { ...facts, programmedRevision });
      return { status, waitMs: 0, at: facts.missingSince };
    }
    let waitMs = 0;
    const status = withProgrammedState(compiled, () => {
      const verdict = this.#options.verdict(shardName(live.metadata.namespace ?? ''));
      waitMs = verdict.waitMs;
      return verdict.state;
    });
    return { status: this.#withHealth(live, status), waitMs };
  }

  #withHealth(live: LiveResource, status: ResourceStatus): ResourceStatus {
    const field = HEALTH_FIELDS[live.kind];
    if (field === undefined) return status;
    const before = (live.status as Record<string, unknown> | undefined)?.[field];
    const health = this.#options.health ? (this.#options.health(live) ?? before) : before;
    return Array.isArray(health) && health.length > 0 ? { ...status, [field]: health } : status;
  }

  async #write(live: LiveResource, { status, at }: Wanted, signal: AbortSignal): Promise<void> {
    const before: Condition[] | undefined = live.status?.conditions as Condition[] | undefined;
    const conditions = withTransitionTimes(withReconciling(status.conditions), before, at);
    const { name, namespace } = live.metadata;
    const object = {
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      status: { ...status, conditions },
    };
    const kind = RESOURCE_KINDS[live.kind];
    try {
      const applied = await this.#options.applier.applyStatus({ kind, object, live: ours(live), signal });
      if (applied === 'applied') this.#tell(live, before, conditions);
    } catch (error) {
      // Deleted meanwhile.
      if (!isKubeError(error) || !error.isNotFound) throw error;
    }
  }

  /** An event where something has just been found wrong with the resource. */
  #tell(live: LiveResource, before: Condition[] | undefined, after: Condition[]): void {
    for (const { type, status, reason, message } of after) {
      if (status !== 'False' || !(type === 'Accepted' || type === 'ResolvedRefs')) continue;
      if (before?.some((one) => one.type === type && one.status === status && one.reason === reason))
        continue;
      this.#options.events.record(live, { type: 'Warning', action: 'Compile', reason, note: message });
    }
  }
}

/** The object with that part of its status that is ours to write. */
function ours(live: LiveResource): KubeObject {
  const foreign = FOREIGN[live.kind];
  if (!foreign || !live.status) return live;
  const status = Object.fromEntries(
    Object.entries(live.status).filter(([field]) => !foreign.includes(field)),
  );
  const { apiVersion, kind, metadata } = live;
  return { apiVersion, kind, metadata, status } as KubeObject;
}
