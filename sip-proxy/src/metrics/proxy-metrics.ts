// SPDX-License-Identifier: Apache-2.0
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CallRecord } from '../records/call-record.ts';

/** Numbers that are asked for when somebody looks. */
export interface LiveNumbers {
  calls(): number;
  /** Records that wait for the disk, and those given up. */
  records(): { queued: number; dropped: number };
  /** Places that calls are sent to, by address. */
  targets(): ReadonlyMap<string, { readonly healthy: boolean }>;
}

export interface ProxyMetrics {
  readonly registry: Registry;
  callEnded(record: CallRecord): void;
  challenged(): void;
  configApplied: (revisions: Record<string, string>) => void;
  engineConnected: (connected: boolean) => void;
}

/** Seconds from INVITE to the first ringing or answer. */
const POST_DIAL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 6, 8, 12, 20, 30, 60];

/** The proxy's metrics, in a registry of their own. */
export const createProxyMetrics = (live: LiveNumbers): ProxyMetrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'trunkline_proxy_calls_active',
    help: 'Calls in progress, from the decision to the end of the last leg.',
    registers,
    collect() {
      this.set(live.calls());
    },
  });
  new Gauge({
    name: 'trunkline_records_queued',
    help: 'Call records in memory that are not on disk yet.',
    registers,
    collect() {
      this.set(live.records().queued);
    },
  });
  new Gauge({
    name: 'trunkline_records_dropped',
    help: 'Call records given up since start because the spool could not be written.',
    registers,
    collect() {
      this.set(live.records().dropped);
    },
  });
  new Gauge({
    name: 'trunkline_proxy_target_up',
    help: '1 while a gateway or origination URI answers, 0 while it is tried last; from OPTIONS and calls of this proxy.',
    labelNames: ['target'],
    registers,
    collect() {
      this.reset();
      for (const [target, { healthy }] of live.targets()) this.set({ target }, healthy ? 1 : 0);
    },
  });
  const calls = new Counter({
    name: 'trunkline_calls_total',
    help: 'Calls ended, by direction and outcome code (docs/reference/errors.md).',
    labelNames: ['direction', 'outcome'],
    registers,
  });
  const attempts = new Counter({
    name: 'trunkline_attempts_total',
    help: 'INVITEs sent to targets and gateways, by direction and what the hunt made of them.',
    labelNames: ['direction', 'outcome'],
    registers,
  });
  const challenges = new Counter({
    name: 'trunkline_challenges_total',
    help: 'INVITEs answered with a digest challenge.',
    registers,
  });
  const postDial = new Histogram({
    name: 'trunkline_post_dial_delay_seconds',
    help: 'From the INVITE to the first ringing or answer sent to the caller.',
    labelNames: ['direction'],
    buckets: POST_DIAL_BUCKETS,
    registers,
  });
  const revisions = new Gauge({
    name: 'trunkline_config_revision_info',
    help: 'Always 1; the labels name the revision of each shard in force.',
    labelNames: ['shard', 'revision'],
    registers,
  });
  const engine = new Gauge({
    name: 'trunkline_engine_connected',
    help: '1 while the connection to the SIP engine is up.',
    registers,
  });

  return {
    registry,
    callEnded: (record) => {
      const direction = record.direction ?? 'unknown';
      calls.inc({ direction, outcome: record.outcomeCode });
      for (const { outcome } of record.attempts) attempts.inc({ direction, outcome });
      if (record.ringingAt === undefined) return;
      postDial.observe({ direction }, (Date.parse(record.ringingAt) - Date.parse(record.startedAt)) / 1000);
    },
    challenged: () => {
      challenges.inc();
    },
    configApplied: (applied) => {
      revisions.reset();
      for (const [shard, revision] of Object.entries(applied)) {
        revisions.set({ shard, revision: revision.slice(0, 12) }, 1);
      }
    },
    engineConnected: (connected) => {
      engine.set(connected ? 1 : 0);
    },
  };
};
