// SPDX-License-Identifier: Apache-2.0
import type { TargetReport } from '@trunkline/crds';
import { setTimeout as pause } from 'node:timers/promises';
import { LEASE, microTime, type KubeClient, type Lease } from '@trunkline/kube';
import type { Logger } from 'pino';

export interface LeaseAckOptions {
  client: KubeClient;
  namespace: string;
  /** Name under which this proxy acknowledges. */
  instance: string;
  edge: string;
  log: Pick<Logger, 'warn'>;
  /** What the Lease tells of targets, as of its renewal. */
  health?: () => readonly TargetReport[];
  timing?: Partial<typeof ACK_TIMING>;
}

export const ACK_TIMING = {
  /** How long the operator counts a proxy as alive that says nothing. */
  leaseSeconds: 30,
  renewMs: 10_000,
  /** After a write that failed. */
  retryMs: 1_000,
  /** For one write. */
  timeoutMs: 5_000,
};

/** Annotations of an object have 256 KiB together; a Lease is written every 10 s. */
const MAX_HEALTH_BYTES = 16_384;

/**
 * Says on a Lease which revisions this proxy has applied, and that it is alive. The Lease is made with the first
 * acknowledgement: a proxy that has applied nothing yet holds up nobody.
 */
export class LeaseAck {
  readonly #options: LeaseAckOptions;
  readonly #timing: typeof ACK_TIMING;
  readonly #name: string;
  readonly #stopped = new AbortController();
  #revisions: Record<string, string> | undefined;
  #news = Promise.withResolvers<undefined>();
  #loop: Promise<void> | undefined;
  #failing = false;

  constructor(options: LeaseAckOptions) {
    this.#options = options;
    this.#timing = { ...ACK_TIMING, ...options.timing };
    this.#name = `trunkline-proxy-${options.instance}`;
  }

  acknowledge(revisions: Record<string, string>): void {
    this.#revisions = revisions;
    this.#news.resolve(undefined);
    this.#loop ??= this.#run();
  }

  /** Takes the Lease back, where the API server can be had. */
  async close(): Promise<void> {
    this.#stopped.abort();
    this.#news.resolve(undefined);
    await this.#loop;
    if (this.#revisions === undefined) return;
    const { client, namespace, log } = this.#options;
    await client
      .delete(LEASE, { namespace, name: this.#name }, { timeoutMs: 2_000 })
      .catch((err: unknown) => {
        log.warn({ err }, 'the lease could not be taken back: it runs out by itself');
      });
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#news = Promise.withResolvers();
      const wrote = await this.#write();
      // Whatever the reason was, a moment's rest: an API server in trouble is not asked by every proxy at once, again and again.
      if (!wrote) await this.#rest(this.#timing.retryMs);
      else await Promise.race([this.#news.promise, this.#rest(this.#timing.renewMs)]);
    }
  }

  async #write(): Promise<boolean> {
    const { client, log } = this.#options;
    try {
      await client.apply(LEASE, this.#lease(), {
        fieldManager: 'trunkline-proxy',
        force: true,
        timeoutMs: this.#timing.timeoutMs,
        signal: this.#stopped.signal,
      });
      this.#failing = false;
      return true;
    } catch (err) {
      if (!this.#failing && !this.#stopped.signal.aborted)
        log.warn({ err }, 'the lease cannot be written; calls go on');
      this.#failing = true;
      return false;
    }
  }

  #lease(): Lease {
    const { namespace, instance, edge } = this.#options;
    return {
      metadata: {
        name: this.#name,
        namespace,
        labels: { 'app.kubernetes.io/component': 'sip-proxy', 'trunkline.dev/edge': edge },
        annotations: {
          'trunkline.dev/revisions': JSON.stringify(this.#revisions),
          'trunkline.dev/target-health': healthText(this.#options.health?.() ?? []),
        },
      },
      spec: {
        holderIdentity: instance,
        leaseDurationSeconds: this.#timing.leaseSeconds,
        renewTime: microTime(),
      },
    };
  }

  async #rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }
}

/** All targets; where they are too many, those that do not answer, and of those the first. */
const healthText = (all: readonly TargetReport[]): string => {
  const text = JSON.stringify(all);
  if (Buffer.byteLength(text) <= MAX_HEALTH_BYTES) return text;
  const down = all.filter(({ healthy }) => !healthy);
  while (Buffer.byteLength(JSON.stringify(down)) > MAX_HEALTH_BYTES)
    down.length = Math.floor(down.length / 2);
  return JSON.stringify(down);
};
