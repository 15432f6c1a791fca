// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import pino from 'pino';
import { Registry } from 'prom-client';
import {
  createMediaPool,
  MediaError,
  type MediaPoolOptions,
  type MediaSession,
  type NodePool,
} from '../index.ts';
import { createNgClient } from '../ng/ng-client.ts';
import { sdpBody } from '../rtp/index.ts';
import {
  embeddedRelay,
  freePort,
  rtpengine,
  type Backend,
  type BackendKind,
  type BackendOptions,
} from './backends.ts';
import { describeOn, newCallId } from './contract.ts';
import { openLossyPath } from './lossy-path.ts';

// Most of it is the start of nodes, seconds each on a busy machine.
jest.setTimeout(90_000);

const SDP = sdpBody({ address: '127.0.0.1', port: 4000 });
const opened: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function node(kind: BackendKind, options?: BackendOptions): Promise<Backend> {
  const backend = await kind.start(options);
  opened.push(() => backend.kill());
  return backend;
}

async function poolOf(nodes: string[], options: Partial<MediaPoolOptions> = {}): Promise<NodePool> {
  const pool = createMediaPool({ nodes, log: pino({ level: 'silent' }), ...options });
  opened.push(() => pool.close());
  await pool.ready;
  return pool;
}

function open(pool: NodePool, callId = newCallId()): MediaSession {
  return pool.open({
    callId,
    legs: { caller: { symmetricRtp: true }, callee: { symmetricRtp: true } },
    codecs: [],
  });
}

async function failure(promise: Promise<unknown>): Promise<MediaError> {
  const error: unknown = await promise.then(
    () => new Error('did not fail'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MediaError);
  return error as MediaError;
}

function lostCalls(pool: NodePool): Promise<[callId: string, reason: string]> {
  return new Promise((resolve) => {
    pool.onLost((callId, reason) => {
      resolve([callId, reason]);
    });
  });
}

/** Takes every datagram and answers none. */
async function silentNode(): Promise<{ address: string; heard: string[] }> {
  const socket = createSocket('udp4');
  const heard: string[] = [];
  socket.on('message', (message) =>
    heard.push(/7:command\d+:(ping|offer|delete)/.exec(message.toString())?.[1] ?? ''),
  );
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  opened.push(() => new Promise<void>((resolve) => socket.close(resolve)));
  return { address: `127.0.0.1:${socket.address().port}`, heard };
}

for (const kind of [embeddedRelay, rtpengine]) {
  describeOn(kind, 'a pool of nodes', () => {
    it('spreads calls by load, keeps each on its node, and counts them', async () => {
      const nodes = [await node(kind), await node(kind)];
      const registry = new Registry();
      const pool = await poolOf(
        nodes.map(({ ng }) => ng),
        { registry },
      );
      const sessions = Array.from({ length: 10 }, () => open(pool));
      for (const session of sessions) await session.offer('caller', SDP);
      expect(pool.nodes().map(({ active, state }) => [active, state])).toEqual([
        [5, 'up'],
        [5, 'up'],
      ]);
      expect(pool.active).toBe(10);
      const placed = sessions.map((session) => session.node);
      await Promise.all(sessions.map((session) => session.answer('callee', SDP)));
      expect(sessions.map((session) => session.node)).toEqual(placed);
      const metrics = await registry.metrics();
      expect(metrics).toContain(`trunkline_media_sessions_active{node="${pool.nodes()[0]?.address}"} 5`);
      expect(metrics).toContain(`trunkline_media_node_up{node="${pool.nodes()[0]?.address}"} 1`);
      expect(metrics).toMatch(/trunkline_media_commands_total\{node="[^"]+",command="offer",result="ok"\} 5/);
      await Promise.all(sessions.map((session) => session.close()));
      expect(pool.active).toBe(0);
    });

    it('goes to the next node at the session limit, and says so when all are full', async () => {
      const nodes = [await node(kind, { maxSessions: 1 }), await node(kind, { maxSessions: 1 })];
      const [full, pool] = [await poolOf([nodes[0]!.ng]), await poolOf(nodes.map(({ ng }) => ng))];
      const first = open(full);
      await first.offer('caller', SDP);
      const second = open(pool);
      await second.offer('caller', SDP);
      expect(second.node).toBe(nodes[1]!.ng);
      const error = await failure(open(pool).offer('caller', SDP));
      expect(error).toMatchObject({
        code: 'media-unavailable',
        status: 503,
        rejectCode: 'media-unavailable',
      });
      expect(error.message).toMatch(/no media node took the call \(.*limit reached/);
      // The limit is for new calls: one that is there may be re-negotiated.
      await second.answer('callee', SDP);
      await second.offer('callee', SDP);
      await Promise.all([first.close(), second.close()]);
      await open(pool).offer('caller', SDP);
    });

    it('goes to the next node when one has no ports left', async () => {
      // rtpengine holds more ports for a call than it shows, so that its range must be wider.
      const [small, large] = [await node(kind, { ports: kind === rtpengine ? 8 : 6 }), await node(kind)];
      const [crowded, pool] = [await poolOf([small.ng]), await poolOf([small.ng, large.ng])];
      const sessions = Array.from({ length: 6 }, () => open(crowded));
      const results = await Promise.allSettled(sessions.map((session) => session.offer('caller', SDP)));
      const failed = results.find((result) => result.status === 'rejected');
      expect(failed?.reason).toMatchObject({ code: 'media-unavailable' });
      expect((failed?.reason as Error).message).toContain('Ran out of ports');
      const next = open(pool);
      await next.offer('caller', SDP);
      expect(next.node).toBe(large.ng);
      await Promise.all(sessions.map((session) => session.close()));
      expect(crowded.active).toBe(0);
    });

    it('notices that a node has restarted, and reports its calls', async () => {
      const first = await node(kind);
      const pool = await poolOf([first.ng], { reconcileIntervalMs: 200, pingIntervalMs: 200 });
      const session = open(pool, 'restarted');
      await session.offer('caller', SDP);
      await session.answer('callee', SDP);
      const lost = lostCalls(pool);
      await first.kill();
      await node(kind, { ngPort: Number(first.ng.split(':')[1]) });
      expect(await lost).toEqual(['restarted', expect.stringContaining('the media node')]);
      expect((await failure(session.answer('callee', SDP))).code).toBe('media-lost');
      expect(await session.close()).toEqual({ packetsFromCaller: 0, packetsFromCallee: 0 });
      expect(pool.active).toBe(0);
    });

    it('reports a call that the node dropped for lack of media', async () => {
      // Long enough for the answer to come before the node loses patience.
      const pool = await poolOf([(await node(kind, { mediaTimeout: 3 })).ng], { reconcileIntervalMs: 200 });
      const session = open(pool, 'silent');
      const lost = lostCalls(pool);
      await session.offer('caller', SDP);
      await session.answer('callee', SDP);
      expect(await lost).toEqual(['silent', expect.stringContaining('no media arrived')]);
    });
  });
}

describe('a pool with a node that does not answer', () => {
  it('tries the next one, tells the silent one to drop the call, and pings it', async () => {
    const [silent, alive] = [await silentNode(), await node(embeddedRelay)];
    const pool = await poolOf([silent.address, alive.ng], { pingIntervalMs: 60_000 });
    expect(pool.nodes().map(({ state }) => state)).toEqual(['suspect', 'up']);
    pool.drain(alive.ng);
    // With nobody up, a suspect is tried; its silence must not lose the call.
    const session = open(pool);
    const offered = session.offer('caller', SDP);
    await new Promise(setImmediate);
    pool.drain(alive.ng, false);
    expect((await failure(offered)).message).toContain(silent.address);
    while (!silent.heard.includes('delete')) await new Promise(setImmediate);
    expect(silent.heard.filter((command) => command === 'ping').length).toBeGreaterThan(1);
    await session.offer('caller', SDP);
    expect(session.node).toBe(alive.ng);
  });

  it('loses no call when a node dies between two pings', async () => {
    const [dying, alive] = [await node(embeddedRelay), await node(embeddedRelay)];
    const pool = await poolOf([dying.ng, alive.ng], { pingIntervalMs: 60_000 });
    // The one that lives has a call already: the others are for the dying one first.
    pool.drain(dying.ng);
    await open(pool).offer('caller', SDP);
    pool.drain(dying.ng, false);
    await dying.kill();
    const sessions = Array.from({ length: 4 }, () => open(pool));
    await Promise.all(sessions.map((session) => session.offer('caller', SDP)));
    expect(sessions.map((session) => session.node)).toEqual(Array(4).fill(alive.ng));
    expect(pool.nodes()[0]?.state).toBe('suspect');
  });

  it('goes to the next one at once where nothing can be sent to a node', async () => {
    const port = await freePort();
    const pool = await poolOf(['255.255.255.255:9', `127.0.0.1:${port}`], { pingIntervalMs: 60_000 });
    // Both are suspects now, so that either may be asked first.
    const alive = await node(embeddedRelay, { ngPort: port });
    const sessions = Array.from({ length: 12 }, () => open(pool));
    const started = performance.now();
    await Promise.all(sessions.map((session) => session.offer('caller', SDP)));
    expect(sessions.map((session) => session.node)).toEqual(Array(12).fill(alive.ng));
    // Less than the silence of one command.
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('takes it for down after three pings, and up again with the first answer', async () => {
    const port = await freePort();
    const pool = await poolOf([`ng://127.0.0.1:${port}`], { pingIntervalMs: 50 });
    while (pool.nodes()[0]?.state !== 'down') await new Promise((resolve) => setTimeout(resolve, 50));
    const error = await failure(open(pool).offer('caller', SDP));
    expect(error.message).toContain('all are down or draining');
    await node(embeddedRelay, { ngPort: port });
    while (pool.nodes()[0]?.state !== 'up') await new Promise((resolve) => setTimeout(resolve, 50));
    await open(pool).offer('caller', SDP);
  });

  it('is told again to drop what it did not hear of, once it answers', async () => {
    const relay = await node(embeddedRelay);
    const path = await openLossyPath(Number(relay.ng.split(':')[1]), 0, 1);
    opened.push(() => path.close());
    const pool = await poolOf([`127.0.0.1:${path.port}`], { pingIntervalMs: 100 });
    const direct = createNgClient(() => undefined);
    opened.push(async () => {
      direct.close();
    });
    const calls = async () => {
      const [host = '', port] = relay.ng.split(':');
      const listed = await direct.command({ host, port: Number(port) }, 'list', { limit: 10 });
      return listed.outcome === 'ok' ? listed.reply.calls : listed;
    };
    const session = open(pool, 'late');
    await session.offer('caller', SDP);
    path.loss = 1;
    await session.close();
    expect(await calls()).toEqual(['late']);
    path.loss = 0;
    while (String(await calls()) !== '') await new Promise((resolve) => setTimeout(resolve, 50));
  });

  it('gives its calls up after the grace time', async () => {
    const relay = await node(embeddedRelay);
    const pool = await poolOf([relay.ng], { pingIntervalMs: 50, reconcileIntervalMs: 50, downGraceMs: 200 });
    const session = open(pool, 'stranded');
    await session.offer('caller', SDP);
    const lost = lostCalls(pool);
    await relay.kill();
    expect(await lost).toEqual(['stranded', 'the media node is down']);
  });
});

describe('a session', () => {
  it('refuses an answer without an offer, and everything after close', async () => {
    const pool = await poolOf([(await node(embeddedRelay)).ng]);
    const session = open(pool);
    expect((await failure(session.answer('callee', SDP))).code).toBe('session-state');
    await session.offer('caller', SDP);
    expect((await failure(session.answer('caller', SDP))).message).toBe(
      'the caller answers, but the callee has not offered',
    );
    await session.close();
    expect((await failure(session.offer('caller', SDP))).code).toBe('session-state');
  });

  it('that is closed while its offer is on the way leaves no call on the node', async () => {
    const relay = await node(embeddedRelay);
    const pool = await poolOf([relay.ng]);
    const session = open(pool);
    const offered = session.offer('caller', SDP);
    const closed = session.close();
    await offered.catch(() => undefined);
    await closed;
    expect(pool.active).toBe(0);
    expect((await open(pool).offer('caller', SDP)).length).toBeGreaterThan(0);
  });

  it('is ended by the end of the pool', async () => {
    const relay = await node(embeddedRelay);
    const [pool, other] = [await poolOf([relay.ng]), await poolOf([relay.ng], { reconcileIntervalMs: 50 })];
    await open(pool, 'shared').offer('caller', SDP);
    await open(other, 'own').offer('caller', SDP);
    await pool.close();
    expect(other.active).toBe(1);
  });
});

it.each(['', 'host', 'host:0', 'host:99999', 'http://x:1', '[::1]:22222'])(
  'the node address "%s" is refused with the form expected',
  (address) => {
    expect(() => createMediaPool({ nodes: [address], log: pino({ level: 'silent' }) })).toThrow(
      'is not HOST:PORT or ng://HOST:PORT',
    );
  },
);

it('a node given twice, in both forms, is one node', async () => {
  const { ng } = await node(embeddedRelay);
  expect((await poolOf([ng, `ng://${ng}`])).nodes()).toHaveLength(1);
});
