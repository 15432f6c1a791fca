// SPDX-License-Identifier: Apache-2.0
import { createMediaPool, type NodePool } from '@trunkline/media-relay';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { CallRegistry } from './call/call-registry.ts';
import { connectEngine } from './call/engine-link.ts';
import { extensionsOf } from './call/headers.ts';
import { serveIncoming } from './call/incoming.ts';
import { createSipStack } from './call/sip-stack.ts';
import { openSource } from './config/open-source.ts';
import { configuredTargets } from './health/configured-targets.ts';
import { probe } from './health/probe.ts';
import { Prober } from './health/prober.ts';
import { TargetHealth } from './health/target-health.ts';
import { serveMetrics } from './metrics/metrics-server.ts';
import { createProxyMetrics } from './metrics/proxy-metrics.ts';
import { LivePolicy } from './policy/live-policy.ts';
import type { ProxyFlags } from './process/flags.ts';
import type { Stoppable } from './process/stop-signals.ts';
import { createSpool } from './records/spool.ts';

/** Ringing is ended by us before the engine's own 185 s (it then sends CANCEL by itself). */
const RING_LIMIT_MS = 180_000;
/** Session timers, in seconds (RFC 4028 §4 names both). */
const SESSION = { interval: 1_800, min: 90 };
/** A record waits so long for the last answers of its call. */
const SETTLE_LIMIT_MS = 35_000;
/** A stop that does not drain gives its BYEs so long. */
const HANG_UP_MS = 500;

export interface Proxy extends Stoppable {
  /** The engine's SIP addresses and our own, for the ready line. */
  readonly addresses: { engine: string[]; metrics: string };
}

/** Puts the rooms together; resolves when calls can be taken. */
export const startProxy = async (flags: ProxyFlags, log: Logger): Promise<Proxy> => {
  const registry = new CallRegistry();
  const spool = createSpool({ dir: flags.spool, instance: flags.instance, log });
  const health = new TargetHealth({
    onChange: (target, { healthy, lastError }, first) => {
      if (first) return;
      if (healthy) log.info({ target }, 'target answers again');
      else log.warn({ target, lastError }, 'target does not answer: it is tried last');
    },
  });
  const metrics = createProxyMetrics({
    calls: () => registry.active,
    records: () => spool,
    targets: () => health.states,
  });
  const media = createMediaPool({ nodes: flags.media, log, registry: metrics.registry });
  media.onLost((sid, reason) => {
    registry.mediaLost(sid, reason);
  });
  const shards = await openSource(flags, log, { onApplied: metrics.configApplied, health: health.report });
  // Before the engine knows us: its first call needs something to be decided by.
  await Promise.all([shards.ready, mediaUp(media)]);

  const stack = createSipStack();
  serveIncoming({
    stack,
    media,
    registry,
    health,
    spool,
    metrics,
    log,
    edge: flags.edge,
    policy: new LivePolicy({
      edge: flags.edge,
      nonceKeys: [randomBytes(32).toString('base64')],
      random: Math.random,
    }),
    config: shards.current,
    credentials: (carrier) => shards.current().carrierCredentials(carrier),
    ringLimitMs: RING_LIMIT_MS,
    session: SESSION,
    extensions: extensionsOf(flags.reliableProvisionals),
    settleLimitMs: SETTLE_LIMIT_MS,
  });
  const engine = connectEngine({
    stack,
    engine: flags.engine,
    log,
    onConnected: metrics.engineConnected,
    onLost: () => {
      registry.engineLost();
    },
  });
  const server = await serveMetrics(
    flags.metrics,
    metrics.registry,
    () => engine.connected && !registry.draining,
  );
  const addresses = { engine: await engine.ready, metrics: server.address };
  const prober = new Prober({
    intervalMs: flags.probeIntervalMs,
    targets: () => configuredTargets(shards.current(), flags.edge),
    connected: () => engine.connected,
    ask: (place) => probe(stack, place),
    health,
  });
  prober.start();

  return {
    addresses,
    drain: async () => {
      log.info({ calls: registry.active }, 'draining: no new calls');
      await registry.drain();
    },
    stop: async () => {
      prober.stop();
      const idle = registry.drain();
      registry.hangUpAll();
      await Promise.race([idle, sleep(HANG_UP_MS)]);
      engine.close();
      await Promise.allSettled([spool.close(), media.close(), shards.close(), server.close()]);
    },
  };
};

const mediaUp = async (media: NodePool): Promise<void> => {
  await media.ready;
  while (!media.nodes().some(({ state }) => state === 'up')) await sleep(100);
};
