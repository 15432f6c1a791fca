// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe } from '@jest/globals';
import pino from 'pino';
import { createMediaPool, type MediaSession, type NodePool } from '../index.ts';
import { createNgClient, type NgClient, type NgCommand, type NgResult } from '../ng/ng-client.ts';
import { createRtpPeer, type RtpPeer, type RtpPeerOptions } from '../rtp/index.ts';
import {
  embeddedRelay,
  findRtpengine,
  rtpengine,
  RTPENGINE_MISSING,
  type Backend,
  type BackendKind,
  type BackendOptions,
} from './backends.ts';

/** A running media node with a client and a pool on it, and everything that a test opened. */
export interface Stage {
  backend: Backend;
  ng: NgClient;
  pool: NodePool;
  command(command: NgCommand, body?: Record<string, unknown>): Promise<NgResult>;
  /** A session with a call id of its own; symmetric RTP on both legs unless said otherwise. */
  session(options?: { caller?: boolean; callee?: boolean; codecs?: string[]; callId?: string }): MediaSession;
  peer(options?: RtpPeerOptions): Promise<RtpPeer>;
}

const silent = pino({ level: 'silent' });
let calls = 0;

export function newCallId(): string {
  return `contract-${process.pid}-${++calls}`;
}

/** Starts a node of this kind and a pool on it; `stop` ends all that was opened. */
export async function setStage(
  kind: BackendKind,
  options?: BackendOptions,
): Promise<Stage & { stop(): Promise<void> }> {
  const backend = await kind.start(options);
  const ng = createNgClient();
  const pool = createMediaPool({ nodes: [backend.ng], log: silent });
  await pool.ready;
  const peers: RtpPeer[] = [];
  const [host = '', port] = backend.ng.split(':');
  return {
    backend,
    ng,
    pool,
    command: (command, body) => ng.command({ host, port: Number(port) }, command, body),
    session: ({ caller = true, callee = true, codecs = [], callId = newCallId() } = {}) =>
      pool.open({
        callId,
        legs: { caller: { symmetricRtp: caller }, callee: { symmetricRtp: callee } },
        codecs,
      }),
    async peer(peerOptions) {
      const peer = await createRtpPeer(peerOptions);
      peers.push(peer);
      return peer;
    },
    async stop() {
      await Promise.all(peers.map((peer) => peer.close()));
      await pool.close();
      ng.close();
      await backend.kill();
    },
  };
}

/**
 * Groups tests that need this kind of node. Without rtpengine they are skipped and say so; under CI=true they run, and fail
 * with the same words.
 */
export function describeOn(kind: BackendKind, title: string, tests: () => void): void {
  if (kind !== rtpengine || findRtpengine() !== undefined || process.env.CI === 'true')
    describe(`${kind.name}: ${title}`, tests);
  else describe.skip(`${kind.name}: ${title} (skipped: ${RTPENGINE_MISSING})`, tests);
}

/** Runs the same tests on both media nodes: whatever sip-proxy relies on must hold on either. */
export function onEachBackend(
  title: string,
  tests: (stage: () => Stage, kind: BackendKind) => void,
  options?: BackendOptions,
): void {
  for (const kind of [embeddedRelay, rtpengine]) {
    describeOn(kind, title, () => {
      let stage: Awaited<ReturnType<typeof setStage>>;
      let stop = (): Promise<void> => Promise.resolve();
      beforeAll(async () => {
        stage = await setStage(kind, options);
        stop = () => stage.stop();
      }, 30_000);
      afterAll(() => stop());
      tests(() => stage, kind);
    });
  }
}
