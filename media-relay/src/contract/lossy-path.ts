// SPDX-License-Identifier: Apache-2.0
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface LossyPath {
  /** Where to send instead of to the node. */
  port: number;
  dropped: { requests: number; replies: number };
  passed: number;
  /** Share of the datagrams, from 0 to 1; may change. */
  loss: number;
  close(): Promise<void>;
}

/** Forwards datagrams of one client to a node and back, and loses some of them, always the same ones for a seed. */
export async function openLossyPath(nodePort: number, loss: number, seed: number): Promise<LossyPath> {
  const random = mulberry32(seed);
  const [near, far] = [await bound(), await bound()];
  const path = { dropped: { requests: 0, replies: 0 }, passed: 0, loss };
  let clientPort = 0;
  near.on('message', (datagram, { port }) => {
    clientPort = port;
    if (random() < path.loss) {
      path.dropped.requests++;
      return;
    }
    path.passed++;
    far.send(datagram, nodePort, '127.0.0.1');
  });
  far.on('message', (datagram) => {
    if (random() < path.loss) path.dropped.replies++;
    else near.send(datagram, clientPort, '127.0.0.1');
  });
  return {
    ...path,
    get passed() {
      return path.passed;
    },
    get loss() {
      return path.loss;
    },
    set loss(share) {
      path.loss = share;
    },
    port: near.address().port,
    async close() {
      await Promise.all([near, far].map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
    },
  };
}

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** A small generator with a seed: numbers from 0 to 1. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
