// SPDX-License-Identifier: Apache-2.0
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Place } from '../src/index.ts';

/** What scanners send first: pings, registrations and calls, to extensions that might be there. */
const METHODS = ['OPTIONS', 'REGISTER', 'INVITE'] as const;

/** The `n`th message of a scan. Each has a Call-ID and a branch of its own. */
export const scannerMessage = (n: number, from: Place, to: Place): string => {
  const method = METHODS[n % METHODS.length] ?? 'OPTIONS';
  const uri = `sip:${100 + (n % 900)}@${to.address}`;
  return [
    `${method} ${method === 'REGISTER' ? `sip:${to.address}` : uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${from.address}:${from.port};branch=z9hG4bK-scan-${n};rport`,
    'Max-Forwards: 70',
    `From: "sipvicious" <sip:${100 + (n % 900)}@${to.address}>;tag=scan${n}`,
    `To: "sipvicious" <${uri}>`,
    `Call-ID: scan-${n}@${from.address}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:100@${from.address}:${from.port}>`,
    'User-Agent: friendly-scanner',
    'Accept: application/sdp',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
};

export interface Scanner {
  /** Messages sent, and bytes both ways. */
  readonly counts: { sent: number; bytesSent: number; answers: number; bytesBack: number };
  /** Sends these at once, as bytes. */
  send(messages: readonly string[]): Promise<void>;
  /** Sends so many at once; resolves when the kernel has them. */
  burst(count: number): Promise<void>;
  /** Sends so many a second until told to stop. */
  flood(perSecond: number): { stop(): Promise<void> };
  close(): void;
}

/** A scanner at one UDP address, which answers nothing. */
export const openScanner = async (address: string, to: Place): Promise<Scanner> => {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const from = { address, port: socket.address().port };
  const counts = { sent: 0, bytesSent: 0, answers: 0, bytesBack: 0 };
  socket.on('message', (data) => {
    counts.answers += 1;
    counts.bytesBack += data.length;
  });
  const send = async (messages: readonly string[]): Promise<void> => {
    await Promise.all(
      messages.map((text) => {
        const data = Buffer.from(text, 'latin1');
        counts.sent += 1;
        counts.bytesSent += data.length;
        return sent(socket, data, to);
      }),
    );
  };
  const burst = (count: number): Promise<void> =>
    send(Array.from({ length: count }, (_, n) => scannerMessage(counts.sent + n, from, to)));
  return {
    counts,
    send,
    burst,
    flood: (perSecond) => startFlood(burst, perSecond),
    close: () => {
      socket.close();
    },
  };
};

const sent = (socket: Socket, data: Buffer, to: Place): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(data, to.port, to.address, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });

const TICK_MS = 10;

/** Keeps to the rate over all its time: what a late timer missed is sent by the next. */
const startFlood = (send: (count: number) => Promise<void>, perSecond: number): { stop(): Promise<void> } => {
  const begun = performance.now();
  let total = 0;
  const pending = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) * perSecond) / 1000) - total;
    total += due;
    const batch = send(due);
    pending.add(batch);
    void batch.finally(() => pending.delete(batch));
  }, TICK_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
};
