// SPDX-License-Identifier: Apache-2.0
import type { EdgeConfig } from '@trunkline/crds';
import { once } from 'node:events';
import { pino } from 'pino';
import { buildConfigIndex } from '../../config/config-index.ts';
import { TargetHealth } from '../../health/target-health.ts';
import { LivePolicy } from '../../policy/live-policy.ts';
import type { CallRecord } from '../../records/call-record.ts';
import { CallRegistry } from '../call-registry.ts';
import { connectEngine } from '../engine-link.ts';
import { extensionsOf } from '../headers.ts';
import { serveIncoming } from '../incoming.ts';
import type { SessionSettings } from '../session-interval.ts';
import { createSipStack } from '../sip-stack.ts';
import {
  ENGINE_SECRET,
  startEngineProcess,
  type EngineProcess,
  type EngineTimers,
} from './engine-process.ts';
import { createFakeMedia, type FakeMedia } from './fake-media.ts';

/** Call control in this process, on a real engine, with media that only writes down what it is asked. */
export interface Rig {
  readonly engine: EngineProcess;
  readonly media: FakeMedia;
  readonly registry: CallRegistry;
  readonly policy: LivePolicy;
  readonly health: TargetHealth;
  readonly records: CallRecord[];
  readonly challenges: () => number;
  configure(config: EdgeConfig): void;
  /** The record of the next call that ends (or of one that has ended and was not asked for). */
  nextRecord(): Promise<CallRecord>;
  /** Another engine in the place of one that was stopped; resolves when it has taken us. */
  restartEngine(): Promise<void>;
  /** Records that nobody has asked for are not given to the next who asks. */
  forgetRecords(): void;
  stop(): Promise<void>;
}

export interface RigOptions extends EngineTimers {
  config: EdgeConfig;
  ringLimitMs?: number;
  session?: SessionSettings;
  settleLimitMs?: number;
}

export const startRig = async (options: RigOptions): Promise<Rig> => {
  let engine = await startEngineProcess(options);
  const registry = new CallRegistry();
  const media = createFakeMedia();
  media.onLost((sid, reason) => {
    registry.mediaLost(sid, reason);
  });
  const records: CallRecord[] = [];
  const waiting: ((record: CallRecord) => void)[] = [];
  const untaken: CallRecord[] = [];
  let challenges = 0;
  let index = buildConfigIndex(options.config);
  const log = pino({ level: process.env['PROXY_LOG'] ?? 'silent' });
  const stack = createSipStack();
  const policy = new LivePolicy({ edge: 'local', nonceKeys: ['test-key'], random: Math.random });
  const health = new TargetHealth();
  serveIncoming({
    stack,
    media,
    registry,
    health,
    spool: {
      append: (record) => {
        records.push(record);
        const taker = waiting.shift();
        if (taker) taker(record);
        else untaken.push(record);
      },
    },
    metrics: {
      callEnded: () => undefined,
      challenged: () => {
        challenges += 1;
      },
    },
    log,
    edge: 'local',
    policy,
    config: () => index,
    credentials: (carrier) => index.carrierCredentials(carrier),
    ringLimitMs: options.ringLimitMs ?? 180_000,
    session: options.session ?? { interval: 1_800, min: 90 },
    extensions: extensionsOf(true),
    settleLimitMs: options.settleLimitMs ?? 35_000,
  });
  const link = connectEngine({
    stack,
    engine: { ...engine.admin, secret: ENGINE_SECRET },
    log,
    onConnected: () => undefined,
    onLost: () => {
      registry.engineLost();
    },
  });
  await link.ready;
  return {
    get engine() {
      return engine;
    },
    media,
    registry,
    policy,
    health,
    records,
    challenges: () => challenges,
    configure: (config) => {
      index = buildConfigIndex(config);
      // Another test's targets may have the same ports.
      health.keep(new Set());
    },
    nextRecord: () => {
      const ready = untaken.shift();
      return ready ? Promise.resolve(ready) : new Promise((resolve) => waiting.push(resolve));
    },
    restartEngine: async () => {
      // Not events.once: each refused try on the way is an error event.
      const connected = new Promise((resolve) => stack.once('connect', resolve));
      engine = await startEngineProcess(options, engine.admin.port);
      await connected;
    },
    forgetRecords: () => {
      untaken.length = 0;
      waiting.length = 0;
    },
    stop: async () => {
      const closed = link.connected ? once(stack, 'close') : undefined;
      link.close();
      await closed;
      await engine.stop();
    },
  };
};
