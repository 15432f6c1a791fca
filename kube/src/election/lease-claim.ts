// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../api/kube-client.ts';
import { isKubeError } from '../api/kube-error.ts';
import { LEASE, type ObjectRef } from '../api/objects.ts';
import { heldBy, released, type Lease } from './lease.ts';

export interface ClaimOptions {
  client: KubeClient;
  lease: { namespace: string; name: string };
  identity: string;
  leaseMs: number;
}

/**
 * One candidate's view of a Lease. Every write carries the resource version that was read, so of two candidates the server lets
 * one through. Clocks of other machines are not trusted: a lease is over when we have seen no change of it for its duration.
 */
export class LeaseClaim {
  readonly #options: ClaimOptions;
  #seen: Lease | undefined;
  #seenAt = 0;

  constructor(options: ClaimOptions) {
    this.#options = options;
  }

  get holder(): string {
    return this.#seen?.spec?.holderIdentity ?? '';
  }

  /** Takes or renews the lease; false where someone else has it, or was faster. Other faults are thrown. */
  async take(signal: AbortSignal, timeoutMs: number): Promise<boolean> {
    const { client, identity, leaseMs, lease: ref } = this.#options;
    const limits = { signal, timeoutMs };
    // Ours still, as far as we know: no need to read it first.
    if (this.holder !== identity) await this.#read(limits);
    if (!this.#isFree()) return false;
    const wanted = heldBy(identity, this.#seen ?? { metadata: { ...ref } }, leaseMs);
    try {
      this.#see(
        await (this.#seen ? client.replace(LEASE, wanted, limits) : client.create(LEASE, wanted, limits)),
      );
      return true;
    } catch (error) {
      if (!isKubeError(error) || !(error.status === 409 || error.isNotFound)) throw error;
      // Somebody else wrote it, or an earlier write of ours that got no answer was done all the same.
      await this.#read(limits);
      return false;
    }
  }

  /** Gives it back where we have it. */
  async release(timeoutMs: number): Promise<void> {
    if (this.holder !== this.#options.identity || !this.#seen) return;
    this.#see(await this.#options.client.replace(LEASE, released(this.#seen), { timeoutMs }));
  }

  async #read(limits: { signal: AbortSignal; timeoutMs: number }): Promise<void> {
    const ref: ObjectRef = this.#options.lease;
    try {
      this.#see(await this.#options.client.get<Lease>(LEASE, ref, limits));
    } catch (error) {
      if (!isKubeError(error) || !error.isNotFound) throw error;
      this.#seen = undefined;
    }
  }

  #see(lease: Lease): void {
    if (lease.metadata.resourceVersion !== this.#seen?.metadata.resourceVersion)
      this.#seenAt = performance.now();
    this.#seen = lease;
  }

  #isFree(): boolean {
    const { identity, leaseMs } = this.#options;
    if (this.holder === '' || this.holder === identity) return true;
    const theirs = (this.#seen?.spec?.leaseDurationSeconds ?? 0) * 1_000 || leaseMs;
    return performance.now() - this.#seenAt >= theirs;
  }
}
