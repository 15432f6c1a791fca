// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { mediaPortRange } from './media-ports.ts';
import { ngCalls, ngRequest } from './ng-request.ts';
import { startProgram } from './program.ts';
import type { Place } from './sip/index.ts';

export interface Rtpengine {
  readonly ng: Place;
  readonly pid: number;
  calls(): Promise<number>;
  /** Its log so far. */
  log(): string;
  stop(): Promise<void>;
}

/** A real rtpengine in user space on loopback. `ports`: how many for media, at `address` (127.0.0.1). */
export const startRtpengine = async (
  options: { ports?: number | undefined; address?: string | undefined; args?: string[] | undefined } = {},
): Promise<Rtpengine> => {
  const ng = { address: '127.0.0.1', port: await freePort() };
  const folder = mkdtempSync(join(tmpdir(), 'tl-rtpengine-'));
  const { min, max } = mediaPortRange(options.ports);
  const program = startProgram({
    command: 'rtpengine',
    args: [
      // Debian's own file opens ports of its own: it must not be read.
      ...['--config-file=none', '--table=-1', '--foreground', '--log-stderr', '--log-level=6'],
      ...[`--interface=${options.address ?? '127.0.0.1'}`, `--listen-ng=${ng.address}:${ng.port}`],
      ...[`--port-min=${min}`, `--port-max=${max}`, '--delete-delay=0', `--pidfile=${join(folder, 'pid')}`],
      ...(options.args ?? []),
    ],
  });
  const over = program.exited.then((code) => {
    throw new Error(`rtpengine ended with ${code}: ${program.stderr.slice(-2_000)}`);
  });
  over.catch(() => undefined);
  const pong = eventually('rtpengine to answer a ping', () => ngRequest(ng, { command: 'ping' }));
  await Promise.race([pong, over]);
  return {
    ng,
    pid: program.pid,
    calls: () => ngCalls(ng),
    log: () => program.stderr,
    stop: async () => {
      await program.stop('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
