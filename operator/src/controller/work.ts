// SPDX-License-Identifier: Apache-2.0
import {
  Applier,
  EventRecorder,
  type KubeClient,
  type Leadership,
  type Lease,
  type Reflector,
  type RuntimeMetrics,
} from '@trunkline/kube';
import type { Logger } from 'pino';
import { Compiler } from '../compile/compiler.ts';
import type { CompileSettings } from '../compile/facts.ts';
import type { ResourceKey } from '../compile/resources.ts';
import { FIELD_MANAGER, type ShardObject } from '../publish/shard-objects.ts';
import { ShardPublisher } from '../publish/shard-publisher.ts';
import { writtenMissingSince } from './edge-status.ts';
import { FleetHealth } from './fleet-health.ts';
import { Inputs } from './inputs.ts';
import { LeaseCleanup } from './lease-cleanup.ts';
import { ListProtection } from './list-protection.ts';
import type { LiveResource } from './live-resource.ts';
import type { OperatorMetrics } from './metrics.ts';
import { operatorView } from './operator-view.ts';
import { Documents } from './documents.ts';
import { ProxyFleet } from './proxy-fleet.ts';
import type { ResourceWatch } from './resource-watch.ts';
import { Rollout, type KnownEdge } from './rollout.ts';
import { StatusWriter } from './status-writer.ts';
import { TrunkShards } from './trunk-shards.ts';

export interface WorkOptions {
  client: KubeClient;
  settings: CompileSettings;
  /** Where the shards are. */
  namespace: string;
  /** Whose Secrets may be watched by label; undefined: all namespaces. */
  watchNamespaces: readonly string[] | undefined;
  resources: ResourceWatch;
  maps: Reflector<ShardObject>;
  secrets: Reflector<ShardObject>;
  leases: Reflector<Lease>;
  /** This process, in events. */
  instance: string;
  log: Logger;
  runtime: RuntimeMetrics;
  metrics: OperatorMetrics;
}

/** Where only the words of a condition have changed, all that changed meanwhile is told at once. */
const PATIENCE_MS = 2_000;

/**
 * What a leader does: resources and Secrets in (`Inputs`), compiled; shards out (`ShardPublisher`); what the proxies say to them
 * (`ProxyFleet`, `Rollout`) and what compiling says into every status (`StatusWriter`). The caches must be filled.
 */
export class Work {
  readonly #options: WorkOptions;
  readonly #leadership: Leadership;
  readonly #compiler: Compiler;
  readonly #documents: Documents;
  readonly #trunks = new TrunkShards();
  readonly #fleet: ProxyFleet;
  readonly #health: FleetHealth;
  readonly #rollout: Rollout;
  readonly #publisher: ShardPublisher;
  readonly #statuses: StatusWriter;
  readonly #protection: ListProtection;
  readonly #leases: LeaseCleanup;
  readonly #inputs: Inputs;
  readonly #events: EventRecorder;
  #later: NodeJS.Timeout | undefined;

  constructor(options: WorkOptions, leadership: Leadership) {
    this.#options = options;
    this.#leadership = leadership;
    const { client, namespace, resources, maps, secrets, leases, log, runtime, metrics } = options;
    const mayWrite = () => leadership.isHeld();
    const applier = new Applier({ client, fieldManager: FIELD_MANAGER, mayWrite });
    this.#events = new EventRecorder({
      ...{ client, controller: 'trunkline.dev/operator', instance: options.instance, log },
    });
    const shared = { client, mayWrite, log, metrics: runtime, events: this.#events };
    this.#compiler = new Compiler(options.settings);
    this.#documents = new Documents(this.#compiler);
    this.#health = new FleetHealth(
      () => this.#fleet.live(),
      resources,
      (key) => {
        this.#statuses.enqueue(key);
      },
    );
    const healthChanged = () => {
      this.#health.changed();
    };
    const proxiesChanged = () => {
      this.#proxiesChanged();
    };
    this.#fleet = new ProxyFleet(leases, proxiesChanged, undefined, healthChanged);
    this.#rollout = new Rollout({
      fleet: this.#fleet,
      edges: () => this.#edges(),
      failure: (document) => this.#publisher.failure(document),
      onProgrammed: metrics.programmed,
    });
    this.#publisher = new ShardPublisher({
      ...{ ...shared, applier, namespace, maps: maps.cache, secrets: secrets.cache },
      onWritten: metrics.shardWritten,
      onFailure: () => {
        this.#tellProgress();
      },
    });
    const resource = (key: ResourceKey) => resources.get(key);
    this.#statuses = new StatusWriter({
      ...{ ...shared, applier, resource },
      compiled: (key) => this.#compiler.status(key),
      verdict: (shard) => this.#rollout.verdict(shard),
      edge: (edge) => ({
        proxies: this.#fleet.live().filter((proxy) => proxy.edge === edge.metadata.name),
        missingSince: this.#rollout.missingSince(knownEdge(edge)),
      }),
      health: (live) => this.#health.of(live),
    });
    const trunks = (key: ResourceKey) => Number(this.#compiler.status(key)?.trunks ?? 0);
    this.#protection = new ListProtection({ ...shared, resource, trunks });
    this.#leases = new LeaseCleanup({ client, mayWrite, leases: leases.cache, log });
    this.#inputs = new Inputs({
      ...{ client, namespaces: options.watchNamespaces, resources, log, metrics: runtime.reflector },
      onChanges: (changes) => this.#compile(changes),
    });
    metrics.observe(
      operatorView({
        ...{ resources, fleet: this.#fleet, inputs: this.#inputs, documents: this.#documents },
        edgesMissing: () => this.#edges().filter((edge) => this.#rollout.missingSince(edge)).length,
      }),
    );
  }

  /** Until leadership ends, and then until what is being written is written. */
  async run(): Promise<void> {
    const { signal } = this.#leadership;
    await Promise.all([
      this.#inputs.run(signal),
      this.#publisher.run(signal),
      this.#statuses.run(signal),
      this.#protection.run(signal),
      this.#leases.run(signal),
    ]);
    this.#fleet.close();
    this.#health.close();
    clearTimeout(this.#later);
    await this.#events.flush();
  }

  async #compile(
    changes: Parameters<Compiler['apply']>[0] & { touched: readonly ResourceKey[] },
  ): Promise<void> {
    const began = performance.now();
    const { changedShards, changedStatuses } = this.#compiler.apply(changes);
    const documents = this.#documents.refresh(changedShards);
    this.#options.metrics.compiled((performance.now() - began) / 1_000);
    for (const key of changes.touched) this.#trunks.set(key, this.#compiler.resource(key) !== undefined);
    // At once: no status may say of the new generation what proxies have said of the old one.
    this.#rollout.put([...documents].map(([name, document]) => [name, document?.revision]));
    await this.#keepNumbers(changedStatuses);
    if (documents.size > 0) this.#publisher.put(documents);
    for (const key of new Set([...changes.touched, ...changedStatuses])) {
      this.#statuses.enqueue(key);
      this.#protection.enqueue(key);
    }
    this.#tellProgress();
  }

  /** Like a volume claim, a number is bound by what is written down, before anybody is told of it. */
  async #keepNumbers(changed: readonly ResourceKey[]): Promise<void> {
    const claims = changed.filter((key) => {
      const live = key.startsWith('PhoneNumber/') ? this.#options.resources.get(key) : undefined;
      const number = this.#compiler.status(key)?.number;
      return live?.kind === 'PhoneNumber' && number !== undefined && number !== live.status?.number;
    });
    const written = await Promise.allSettled(
      claims.map((key) => this.#statuses.write(key, this.#leadership.signal)),
    );
    const failed = written.filter(({ status }) => status === 'rejected').length;
    if (failed > 0)
      this.#options.log.warn({ failed }, 'numbers that were given away are not written down yet');
  }

  #proxiesChanged(): void {
    for (const edge of this.#options.resources.list('Edge'))
      this.#statuses.enqueue(`Edge/${edge.metadata.name}`);
    this.#health.changed();
    this.#tellProgress();
  }

  /** Statuses of the trunks of which something new can be said. */
  #tellProgress(patient = true): void {
    const { shards, later } = this.#rollout.news(this.#trunks.shards(), patient);
    for (const shard of shards) for (const key of this.#trunks.in(shard)) this.#statuses.enqueue(key);
    if (!later) return;
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.#tellProgress(false);
    }, PATIENCE_MS);
  }

  #edges(): KnownEdge[] {
    return this.#options.resources.list('Edge').map(knownEdge);
  }
}

function knownEdge({ metadata, status }: LiveResource): KnownEdge {
  return {
    name: metadata.name,
    createdAt: new Date(metadata.creationTimestamp ?? Date.now()),
    missingSince: writtenMissingSince(status),
  };
}
