// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import { isOver, pause } from '../back-off.ts';
import { LeaseClaim, type ClaimOptions } from './lease-claim.ts';

export interface ElectionOptions extends Omit<ClaimOptions, 'leaseMs'> {
  timing?: Partial<ElectionTiming>;
  log: Logger;
  /** Told when leadership is won or over. */
  onChange?: ((leading: boolean) => void) | undefined;
}

export interface ElectionTiming {
  /** How long others wait for a leader that says nothing. */
  leaseMs: number;
  /** A leader that could not renew for so long stops, well before others begin. */
  renewDeadlineMs: number;
  retryMs: number;
  /** Up to this share of `retryMs` is added at random while waiting for the lease. */
  jitter: number;
}

/** client-go's constants. */
export const ELECTION_TIMING: ElectionTiming = {
  leaseMs: 15_000,
  renewDeadlineMs: 10_000,
  retryMs: 2_000,
  jitter: 1.2,
};

export interface Leadership {
  /** Fires when leadership is lost, and when the process is told to stop. */
  readonly signal: AbortSignal;
  /** By the clock, for the moment before a write: a process that was stopped and goes on has not seen the signal yet. */
  isHeld(): boolean;
}

/** Another may lead by now: end the process, so that nothing half done goes on. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
}

/**
 * Waits for the lease, then does the work while renewing it, and gives it back when the work has ended: after the signal, the
 * work's own signal fires, and the lease is held until the work has stopped. Throws LeadershipLostError where it could not be
 * renewed, and what the work throws.
 */
export async function leadWhile(
  options: ElectionOptions,
  work: (leadership: Leadership) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const election = new Election(options);
  if (!(await election.win(signal))) return;
  try {
    await election.lead(work, signal);
  } finally {
    options.onChange?.(false);
  }
}

class Election {
  readonly #timing: ElectionTiming;
  readonly #claim: LeaseClaim;
  readonly #options: ElectionOptions;
  readonly #log: Logger;
  /** When the last good renewal was sent: the server counts from later on. */
  #renewedAt = -Infinity;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#timing = { ...ELECTION_TIMING, ...options.timing };
    this.#claim = new LeaseClaim({ ...options, leaseMs: this.#timing.leaseMs });
    this.#log = options.log.child({ lease: options.lease.name, identity: options.identity });
  }

  async win(signal: AbortSignal): Promise<boolean> {
    const { retryMs, jitter, renewDeadlineMs } = this.#timing;
    while (!signal.aborted) {
      if (await this.#renew(signal, renewDeadlineMs)) {
        this.#log.info('leading');
        this.#options.onChange?.(true);
        return true;
      }
      await pause(retryMs * (1 + Math.random() * jitter), signal);
    }
    return false;
  }

  async lead(work: (leadership: Leadership) => Promise<void>, signal: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const leadership = { signal: AbortSignal.any([signal, lost.signal]), isHeld: () => this.#leftMs() > 0 };
    const over = new AbortController();
    const working = work(leadership).finally(() => {
      over.abort();
    });
    // Looked at below, once renewing has ended.
    working.catch(() => undefined);
    await this.#keep(over.signal);
    if (over.signal.aborted) {
      await this.#release();
      return working;
    }
    this.#log.error({ holder: this.#claim.holder }, 'leadership lost');
    lost.abort(new LeadershipLostError('the lease could not be renewed'));
    // The work may end in good order, while nobody else can have begun.
    await pause(this.#timing.leaseMs - this.#timing.renewDeadlineMs, over.signal);
    throw new LeadershipLostError('the lease could not be renewed');
  }

  /** Renews until the work is over, or leadership is. */
  async #keep(over: AbortSignal): Promise<void> {
    while (!isOver(over) && this.#leftMs() > 0) {
      await pause(Math.min(this.#timing.retryMs, this.#leftMs()), over);
      if (isOver(over) || this.#leftMs() <= 0) return;
      // Half of what is left: one answer that never comes does not take the chance of another try.
      const limit = Math.max(this.#leftMs() / 2, this.#timing.retryMs / 2);
      const renewed = await this.#renew(over, Math.min(limit, this.#leftMs()));
      if (!renewed && this.#claim.holder !== this.#options.identity && !isOver(over)) return;
    }
  }

  async #renew(signal: AbortSignal, timeoutMs: number): Promise<boolean> {
    const sentAt = performance.now();
    try {
      if (!(await this.#claim.take(signal, Math.max(1, Math.ceil(timeoutMs))))) return false;
      this.#renewedAt = sentAt;
      return true;
    } catch (err) {
      if (!signal.aborted) this.#log.warn({ err }, 'no answer about the lease');
      return false;
    }
  }

  async #release(): Promise<void> {
    try {
      await this.#claim.release(this.#timing.renewDeadlineMs);
      this.#log.info('lease given back');
    } catch (err) {
      // It runs out by itself.
      this.#log.warn({ err }, 'the lease could not be given back');
    }
  }

  #leftMs(): number {
    return this.#timing.renewDeadlineMs - (performance.now() - this.#renewedAt);
  }
}
