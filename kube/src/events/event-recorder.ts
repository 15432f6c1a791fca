// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { KubeClient } from '../api/kube-client.ts';
import { isKubeError } from '../api/kube-error.ts';
import { EVENT, keyOf, type KubeObject } from '../api/objects.ts';
import { microTime } from '../election/lease.ts';
import { Correlator, kept, type Note } from './correlator.ts';

export interface EventRecorderOptions {
  client: KubeClient;
  /** `trunkline.dev/operator`. */
  controller: string;
  /** This process, such as its pod's name. */
  instance: string;
  log: Logger;
  correlator?: Correlator;
  /** Notes that wait to be written at most; the rest is dropped. Default 1,000. */
  backlog?: number;
}

/** `events.k8s.io/v1`. */
export interface KubeEvent extends KubeObject {
  eventTime: string;
  reportingController: string;
  reportingInstance: string;
  action: string;
  reason: string;
  type: string;
  note: string;
  regarding: Record<string, string | undefined>;
  series?: { count: number; lastObservedTime: string };
}

type Said = Omit<Note, 'about'>;

interface Series {
  name?: string;
  count: number;
}

/**
 * Tells users what happened to their objects, as `kubectl describe` and `kubectl events` show it. Never in the way of the work:
 * `record` returns at once, and events that cannot be written are dropped.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator: Correlator;
  readonly #series = new Map<string, Series>();
  #waiting = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = options.correlator ?? new Correlator();
  }

  /** `action`: what we did or tried, `reason`: why it came so; both CamelCase. */
  record(object: KubeObject, said: Said): void {
    if (this.#waiting >= (this.#options.backlog ?? 1_000)) return;
    const about = `${object.kind ?? ''} ${keyOf(object.metadata)} ${object.metadata.uid ?? ''}`;
    const admitted = this.#correlator.admit({ ...said, about });
    if (!admitted) return;
    this.#waiting += 1;
    this.#tail = this.#tail.then(async () => {
      try {
        await this.#write(object, { ...said, note: admitted.note }, admitted.series);
      } catch (err) {
        this.#options.log.warn({ err, about, reason: said.reason }, 'an event could not be written');
      } finally {
        this.#waiting -= 1;
      }
    });
  }

  /** Resolves when all that was recorded so far is written, or dropped. */
  flush(): Promise<void> {
    return this.#tail;
  }

  async #write(object: KubeObject, said: Said, key: string): Promise<void> {
    const series = kept(this.#series, key, (): Series => ({ count: 0 }));
    series.count += 1;
    if (series.name !== undefined && (await this.#countUp(object, series.name, series.count))) return;
    const event = this.#event(object, said);
    series.name = event.metadata.name;
    series.count = 1;
    try {
      await this.#options.client.create(EVENT, event);
    } catch (error) {
      this.#series.delete(key);
      throw error;
    }
  }

  /** False where the event is gone: they are kept for an hour. Its note cannot be changed, only its series. */
  async #countUp(object: KubeObject, name: string, count: number): Promise<boolean> {
    const ref = { name, namespace: namespaceOf(object) };
    const series = { count, lastObservedTime: microTime() };
    try {
      await this.#options.client.mergePatch(EVENT, ref, { series });
      return true;
    } catch (error) {
      if (isKubeError(error) && error.isNotFound) return false;
      throw error;
    }
  }

  #event(object: KubeObject, { type, reason, action, note }: Said): KubeEvent {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const { apiVersion, kind } = object;
    return {
      metadata: {
        name: `${name.slice(0, 200)}.${randomBytes(8).toString('hex')}`,
        namespace: namespaceOf(object),
      },
      eventTime: microTime(),
      reportingController: this.#options.controller,
      reportingInstance: this.#options.instance.slice(0, 128),
      ...{ action, reason, type, note: cut(note) },
      regarding: { apiVersion, kind, name, namespace, uid, resourceVersion },
    };
  }
}

/** Events of cluster-scoped objects live in `default`. */
const namespaceOf = (object: KubeObject): string => object.metadata.namespace ?? 'default';

/** The server refuses longer ones; it counts bytes. */
function cut(note: string): string {
  const bytes = Buffer.from(note);
  return bytes.length <= 1_024
    ? note
    : `${bytes
        .subarray(0, 1_018)
        .toString('utf8')
        .replace(/\uFFFD+$/, '')}…`;
}
