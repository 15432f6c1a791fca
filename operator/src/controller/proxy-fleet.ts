// SPDX-License-Identifier: Apache-2.0
import type { TargetReport } from '@trunkline/crds';
import { isDeepStrictEqual } from 'node:util';
import type { Lease, Lister } from '@trunkline/kube';

/** A proxy that is alive, and what it has applied. */
export interface LiveProxy {
  instance: string;
  edge: string;
  /** By document name: `global`, `3f`, `secret-3f`. */
  revisions: Readonly<Record<string, string>>;
  /** How the places are that it sends calls to. */
  health?: readonly TargetReport[];
}

/** A proxy as its Lease tells of it, alive or not. */
export interface KnownProxy extends LiveProxy {
  /** As the proxy told it. */
  renewTime: string;
  /** Milliseconds since the epoch, by our clock. */
  renewedAt: number;
  expiresAt: number;
}

export const PROXY_SELECTOR = 'app.kubernetes.io/component=sip-proxy';
const EDGE_LABEL = 'trunkline.dev/edge';
const REVISIONS = 'trunkline.dev/revisions';
const HEALTH = 'trunkline.dev/target-health';
const DEFAULT_SECONDS = 30;
/** After the API server was away, proxies need a moment to renew. */
const GRACE_MS = 10_000;

/** Where the Leases come from: a reflector. */
interface LeaseView {
  readonly cache: Lister<Lease>;
  readonly failingSince: Date | undefined;
}

/**
 * Which proxies are alive, by their Leases. A Lease that we see renewed counts from then on, whatever the proxy's clock says; one
 * that is found, from the time that it tells. While the API server cannot be had, and just after, silence means nothing.
 */
export class ProxyFleet {
  readonly #known = new Map<string, KnownProxy>();
  readonly #onChange: () => void;
  readonly #onHealth: () => void;
  readonly #end: () => void;
  readonly #graceMs: number;
  readonly #look: NodeJS.Timeout;
  #graceUntil: number;
  #timer: NodeJS.Timeout | undefined;

  /** `onChange`: a proxy came, went, or has applied something else. `onHealth`: one tells something new of targets. */
  constructor(
    leases: LeaseView,
    onChange: () => void,
    graceMs = GRACE_MS,
    onHealth: () => void = () => undefined,
  ) {
    this.#onChange = onChange;
    this.#onHealth = onHealth;
    this.#graceMs = graceMs;
    // This process may have been started because the API server was away.
    this.#graceUntil = Date.now() + graceMs;
    for (const lease of leases.cache.list()) this.#known.set(lease.metadata.name, knownOf(lease, undefined));
    this.#end = leases.cache.subscribe(({ after, before }) => {
      this.#hear((after ?? before)?.metadata.name ?? '', after);
    });
    this.#look = setInterval(() => {
      if (leases.failingSince !== undefined) this.#graceUntil = Date.now() + this.#graceMs;
    }, 1_000);
    this.#watchExpiry();
  }

  /** In order of their names. */
  live(): LiveProxy[] {
    const now = Date.now();
    return [...this.#known.values()]
      .filter(({ expiresAt }) => expiresAt > now)
      .sort((a, b) => (a.instance < b.instance ? -1 : 1));
  }

  /** When a proxy of the edge was last heard of; undefined: not as far as we know. */
  lastHeard(edge: string): Date | undefined {
    const times = [...this.#known.values()].filter((one) => one.edge === edge).map((one) => one.renewedAt);
    return times.length === 0 ? undefined : new Date(Math.max(...times));
  }

  /** Whether a proxy of the edge (of any) may be about to say that it is alive: no verdict yet. */
  mayReturn(edge?: string): boolean {
    const now = Date.now();
    if (now >= this.#graceUntil) return false;
    return [...this.#known.values()].some(
      (one) => (edge === undefined || one.edge === edge) && one.expiresAt <= now,
    );
  }

  close(): void {
    this.#end();
    clearInterval(this.#look);
    clearTimeout(this.#timer);
  }

  #hear(name: string, lease: Lease | undefined): void {
    const before = this.#known.get(name);
    if (!lease) {
      this.#known.delete(name);
      if (before) this.#onChange();
      return;
    }
    const now = Date.now();
    const renewed = lease.spec?.renewTime !== before?.renewTime;
    const next = knownOf(lease, renewed ? now : before?.renewedAt);
    this.#known.set(name, next);
    this.#watchExpiry();
    if (isNews(before, next, now)) this.#onChange();
    if (!isDeepStrictEqual(before?.health, next.health)) this.#onHealth();
  }

  #watchExpiry(): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    const next = Math.min(
      ...[...this.#known.values()].map(({ expiresAt }) => expiresAt).filter((time) => time > now),
    );
    if (!Number.isFinite(next)) return;
    this.#timer = setTimeout(
      () => {
        this.#watchExpiry();
        this.#onChange();
      },
      next - now + 1,
    );
  }
}

/** A renewal alone is none. */
function isNews(before: KnownProxy | undefined, next: KnownProxy, now: number): boolean {
  const isAlive = next.expiresAt > now;
  if (before === undefined || before.expiresAt > now !== isAlive) return isAlive || before !== undefined;
  return isAlive && !(before.edge === next.edge && isDeepStrictEqual(before.revisions, next.revisions));
}

/** For who looks once: `renewedAt` is by the proxy's own clock, and not after `now`. */
export function proxyOfLease(lease: Lease, now: number): KnownProxy {
  return knownOf(lease, toldAt(lease.spec?.renewTime ?? '', now));
}

function knownOf({ metadata, spec = {} }: Lease, seenAt: number | undefined): KnownProxy {
  const { renewTime = '', holderIdentity = metadata.name, leaseDurationSeconds = DEFAULT_SECONDS } = spec;
  const renewedAt = seenAt ?? toldAt(renewTime, Date.now());
  return {
    renewTime,
    instance: holderIdentity,
    edge: metadata.labels?.[EDGE_LABEL] ?? '',
    revisions: revisionsIn(metadata.annotations?.[REVISIONS]),
    health: healthIn(metadata.annotations?.[HEALTH]),
    renewedAt,
    expiresAt: renewedAt + leaseDurationSeconds * 1_000,
  };
}

/** A clock that is ahead does not make a proxy live longer. */
function toldAt(time: string, now: number): number {
  const told = Date.parse(time);
  return Number.isNaN(told) ? 0 : Math.min(told, now);
}

/** What cannot be read acknowledges nothing. */
function revisionsIn(text: string | undefined): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, string>) : {};
  } catch {
    return {};
  }
}

/** A Lease may be written by anybody who may write Leases: what is no report is left out. */
function healthIn(text: string | undefined): TargetReport[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter(isReport) : [];
  } catch {
    return [];
  }
}

function isReport(value: unknown): value is TargetReport {
  if (typeof value !== 'object' || value === null) return false;
  const { address, healthy, since, lastError } = value as Partial<Record<keyof TargetReport, unknown>>;
  const told = typeof address === 'string' && typeof healthy === 'boolean' && typeof since === 'string';
  return (
    told && !Number.isNaN(Date.parse(since)) && (lastError === undefined || typeof lastError === 'string')
  );
}
