// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNgClient } from '../ng/ng-client.ts';

/** A media node as a child process. */
export interface Backend {
  /** `host:port` of its ng socket. */
  ng: string;
  /** All that it has logged. */
  log(): string;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface BackendOptions {
  maxSessions?: number;
  /** Ports that it may open; 400 unless given. */
  ports?: number;
  /** Seconds without media until it drops a call. */
  mediaTimeout?: number;
  /** ng port; a free one unless given. */
  ngPort?: number;
}

export interface BackendKind {
  name: 'embedded relay' | 'rtpengine';
  start(options?: BackendOptions): Promise<Backend>;
}

const RELAY_MAIN = fileURLToPath(new URL('../relay-main.ts', import.meta.url));
const START_DEADLINE_MS = 30_000;
/** Below the kernel's ephemeral ports, and below the media ports of `freeRange`. */
const NG_PORTS = { min: 10_000, max: 11_999 };

export const RTPENGINE_MISSING = "install Debian's rtpengine-daemon";

/** rtpengine's place, or undefined where it is not installed. */
export function findRtpengine(): string | undefined {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, 'rtpengine');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

export const embeddedRelay: BackendKind = {
  name: 'embedded relay',
  async start({ maxSessions = 100, ports = 400, mediaTimeout = 60, ngPort = 0 } = {}) {
    const range = freeRange(ports);
    const ng = `127.0.0.1:${ngPort === 0 ? await freePort() : ngPort}`;
    const flags = ['--ng', ng, '--address', '127.0.0.1', '--ports', range.text];
    const limits = ['--max-sessions', String(maxSessions), '--media-timeout', String(mediaTimeout)];
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', RELAY_MAIN, ...flags, ...limits],
      {
        env: { ...process.env, TRUNKLINE_CHILD: '1', NODE_OPTIONS: '' },
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    return whenServing(child, ng);
  },
};

export const rtpengine: BackendKind = {
  name: 'rtpengine',
  async start({ maxSessions, ports = 400, mediaTimeout = 60, ngPort = 0 } = {}) {
    const program = findRtpengine();
    if (program === undefined) throw new Error(`rtpengine is not on the PATH: ${RTPENGINE_MISSING}`);
    const range = freeRange(ports);
    const ng = `127.0.0.1:${ngPort === 0 ? await freePort() : ngPort}`;
    const directory = mkdtempSync(join(tmpdir(), 'media-contract-'));
    const flags = [
      // Without this, Debian's own configuration file is merged in and opens fixed ports.
      '--config-file=none',
      '--table=-1',
      '--foreground',
      '--log-stderr',
      '--log-level=6',
      '--interface=127.0.0.1',
      `--listen-ng=${ng}`,
      `--port-min=${range.min}`,
      `--port-max=${range.max}`,
      `--pidfile=${join(directory, 'pid')}`,
      `--timeout=${mediaTimeout}`,
      '--delete-delay=0',
      '--num-threads=2',
    ];
    if (maxSessions !== undefined) flags.push(`--max-sessions=${maxSessions}`);
    const child = spawn(program, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.once('exit', () => {
      rmSync(directory, { recursive: true, force: true });
    });
    return whenServing(child, ng);
  },
};

async function whenServing(child: ChildProcess, ng: string): Promise<Backend> {
  let log = '';
  const collect = (chunk: Buffer): void => {
    log += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  child.on('error', (error) => {
    log += error.message;
  });
  const backend: Backend = {
    ng,
    log: () => log,
    async kill(signal = 'SIGKILL') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
  if (await answersPing(ng, child)) return backend;
  await backend.kill();
  throw new Error(`the media node at ${ng} does not answer:\n${log}`);
}

async function answersPing(ng: string, child: ChildProcess): Promise<boolean> {
  const [host = '', port] = ng.split(':');
  const client = createNgClient();
  try {
    const deadline = Date.now() + START_DEADLINE_MS;
    while (Date.now() < deadline && child.exitCode === null) {
      const result = await client.command({ host, port: Number(port) }, 'ping', {}, 150);
      if (result.outcome === 'ok') return true;
    }
    return false;
  } finally {
    client.close();
  }
}

/** A port for a node that starts later, or again: not one that the kernel may give to somebody else meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(NG_PORTS.min, NG_PORTS.max + 1);
    const socket = createSocket('udp4');
    try {
      socket.bind(port, '127.0.0.1');
      await once(socket, 'listening');
      return port;
    } catch {
      // Taken.
    } finally {
      await new Promise<void>((resolve) => socket.close(resolve));
    }
  }
}

/** A range of ports below the kernel's ephemeral ones, at a place that parallel test runs are unlikely to share. */
function freeRange(size: number): { min: number; max: number; text: string } {
  const slots = Math.floor((32_000 - 12_000) / size);
  const min = 12_000 + size * randomInt(slots);
  const max = min + size - 1;
  return { min, max, text: `${min}-${max}` };
}
