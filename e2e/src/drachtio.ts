// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drachtioConfig, type TlsVersion } from '../../deploy/src/drachtio-config.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { startProgram } from './program.ts';
import type { Place } from './sip/index.ts';

export interface DrachtioOptions {
  /** Where SIP listens, on a port that is free. Default 127.0.0.1. */
  address?: string;
  tls?: {
    /** Folder with tls.crt and tls.key. */
    dir: string;
    minVersion?: TlsVersion;
  };
  /** More flags of drachtio. */
  args?: string[];
}

/** A real drachtio-server, from PATH, with the configuration that the chart gives it. */
export interface Drachtio {
  readonly admin: { host: string; port: number; secret: string };
  readonly sip: Place;
  readonly sips: Place | undefined;
  /** For `trunkline up --engine`. */
  readonly url: string;
  /** What it has logged. */
  log(): string;
  stop(): Promise<void>;
}

/**
 * `TRUNKLINE_E2E_ENGINE=drachtio` runs the call tests on the real drachtio-server on PATH. What differs is in
 * `docs/reference/engines.md`.
 */
export const onDrachtio = process.env.TRUNKLINE_E2E_ENGINE === 'drachtio';

/** What `gauges()` says of the engine where it should be at work with so much: drachtio-server does not tell. */
export const inEngine = (count: number): number => (onDrachtio ? 0 : count);

const SECRET = 'parity';
const CONFIG = 'drachtio.conf.xml';

interface Places {
  admin: { port: number; secret: string };
  address: string;
  ports: { sip: number; tls?: number };
  tls: DrachtioOptions['tls'];
}

const configuration = ({ admin, address, ports, tls }: Places): string =>
  drachtioConfig({
    ...{ admin, ports, local: address, external: address },
    ...{ tlsDir: tls?.dir, tlsMinVersion: tls?.minVersion },
  });

/** It compares an IPv6 address in brackets with one without, and takes everybody for a peer behind NAT. */
const natArgs = (address: string): string[] => (address.includes(':') ? ['--disable-nat-detection'] : []);

export const startDrachtio = async (options: DrachtioOptions = {}): Promise<Drachtio> => {
  const { address = '127.0.0.1', tls } = options;
  const folder = mkdtempSync(join(tmpdir(), 'tl-drachtio-'));
  const admin = { host: '127.0.0.1', port: await freePort(), secret: SECRET };
  const ports = { sip: await freePort(address), ...(tls && { tls: await freePort(address) }) };
  writeFileSync(join(folder, CONFIG), configuration({ admin, address, ports, tls }), { mode: 0o600 });
  const program = startProgram({
    command: 'drachtio',
    args: ['-f', CONFIG, ...natArgs(address), ...(options.args ?? [])],
    cwd: folder,
  });
  const log = () => `${program.stdout}\n${program.stderr}`;
  const stop = async () => {
    await program.stop('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };
  const ended = program.exited.then((code) => {
    throw new Error(`drachtio ended with ${code}`);
  });
  try {
    // It opens them one after another, the admin port first.
    const last = { host: address, port: ports.tls ?? ports.sip };
    const listens = async () => (await reachable(admin)) && reachable(last);
    const up = eventually('drachtio to listen', listens, { timeoutMs: 30_000 });
    await Promise.race([up, ended]);
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}; it said:\n${log()}`, { cause: error });
  }
  ended.catch(() => undefined);
  return {
    admin,
    sip: { address, port: ports.sip },
    sips: ports.tls === undefined ? undefined : { address, port: ports.tls },
    url: `drachtio://${admin.host}:${admin.port}?secret=${SECRET}`,
    log,
    stop,
  };
};

/** Whether somebody listens there now. */
const reachable = ({ host, port }: { host: string; port: number }): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
